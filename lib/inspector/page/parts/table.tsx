import type { ComponentChildren } from 'preact';

export interface Column {
  title: string;
  /** `number`, and `wide` for what phones have no room for. */
  class?: string;
  /** Only screen readers say the title. */
  unseen?: true;
}

/** Rows below a head. A table without rows shows `empty`. */
export function Table({
  caption,
  columns,
  empty,
  children,
}: {
  caption: string;
  columns: readonly Column[];
  empty?: ComponentChildren;
  children: ComponentChildren;
}) {
  return (
    <div class="table">
      <table>
        <caption class="unseen">{caption}</caption>
        <thead>
          <tr>
            {columns.map((column) => (
              <th key={column.title} scope="col" class={column.class}>
                {column.unseen ? <span class="unseen">{column.title}</span> : column.title}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>{children}</tbody>
      </table>
      {empty && <p class="empty">{empty}</p>}
    </div>
  );
}
