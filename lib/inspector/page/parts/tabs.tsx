import { href } from '../route.ts';

export interface Tab {
  title: string;
  /** The segments of its address. */
  to: readonly string[];
  current: boolean;
}

/** Views of one thing, each with an address of its own. */
export function Tabs({ label, tabs }: { label: string; tabs: readonly Tab[] }) {
  return (
    <nav class="tabs" aria-label={label}>
      <ul>
        {tabs.map(({ title, to, current }) => (
          <li key={title}>
            <a href={href(...to)} aria-current={current ? 'page' : undefined}>
              {title}
            </a>
          </li>
        ))}
      </ul>
    </nav>
  );
}
