import { CloudError } from './cloud-error.ts';

/** Page size: the service's maximum. */
export const PAGE_SIZE = 100;
const TRIES = 3;
const MOST_PAGES = 10_000;

/** A page of a list. */
export interface Page<T> {
  items: readonly T[];
  /** The size of the whole list, if the service tells it. */
  total: number | undefined;
  /** The number of the last page, if the service tells it. */
  last: number | undefined;
}

/**
 * Reads a whole list, page by page. Items that come and go meanwhile shift the pages, so that one appears twice or not
 * at all; then the list is read again. Throws CloudError 502 when that keeps happening. Never returns a list with gaps.
 */
export async function wholeList<T extends { id: string }>(
  what: string,
  read: (page: number) => Promise<Page<T>>,
): Promise<T[]> {
  for (let tries = 0; tries < TRIES; tries += 1) {
    const items = await readOnce(what, read);
    if (items !== undefined) return items;
  }
  throw new CloudError(502, `${what}: the list keeps changing while it is read`, { transient: true });
}

/** Reads a list once; undefined when the pages do not fit together. */
async function readOnce<T extends { id: string }>(
  what: string,
  read: (page: number) => Promise<Page<T>>,
): Promise<T[] | undefined> {
  const found = new Map<string, T>();
  let expected: number | undefined;
  for (let number = 1; number <= MOST_PAGES; number += 1) {
    const { items, total, last } = await read(number);
    if (number > 1 && total !== expected) return undefined;
    expected = total;
    const before = found.size;
    for (const item of items) found.set(item.id, item);
    // Without the number of pages, a page without new items is the last one.
    const over = last === undefined ? found.size === before : number >= last;
    if (over) return expected === undefined || found.size === expected ? [...found.values()] : undefined;
  }
  throw new CloudError(502, `${what}: the list has no end`);
}
