import { CloudError } from './cloud-error.ts';

/** Items of a list that are asked for at once: the most that the service gives. */
export const PAGE_SIZE = 100;
const TRIES = 3;
const MOST_PAGES = 10_000;

/** One page of a list, as it came. */
export interface Page<T> {
  items: readonly T[];
  /** How many items the whole list has, when the service says so. */
  total: number | undefined;
  /** The number of the last page, when the service says so. */
  last: number | undefined;
}

/**
 * A whole list, page by page. While it is read, items can come and go and shift the pages, so that one is seen twice or
 * not at all: then the list is read anew. Throws CloudError 502 when that keeps happening: never returns a list with
 * gaps.
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

/** Undefined when the pages do not fit together. */
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
    // Without a word about further pages, it is over when one brings nothing new.
    const over = last === undefined ? found.size === before : number >= last;
    if (over) return expected === undefined || found.size === expected ? [...found.values()] : undefined;
  }
  throw new CloudError(502, `${what}: the list has no end`);
}
