import { href } from '../route.ts';

export interface Tab {
  title: string;
  /** Segments of the tab's address. */
  to: readonly string[];
  current: boolean;
}

/** Tabs, each with its own address. */
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
