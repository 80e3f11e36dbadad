import type { ComponentChildren } from 'preact';

export interface Column {
  title: string;
  /** `number`, and `wide` for columns that phones do not show. */
  class?: string;
  /** The title is only for screen readers. */
  unseen?: true;
}

/** A table with a head. Without rows it shows `empty`. */
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
