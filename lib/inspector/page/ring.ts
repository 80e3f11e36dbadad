/** The newest items, limited by number and total size. */
export class Ring<T extends { id: number }> {
  readonly #most: number;
  readonly #mostSize: number;
  readonly #sizeOf: (item: T) => number;
  #items: T[] = [];
  #size = 0;
  /** How often existing items were replaced. */
  replaced = 0;

  constructor(most: number, mostSize: number, sizeOf: (item: T) => number) {
    this.#most = most;
    this.#mostSize = mostSize;
    this.#sizeOf = sizeOf;
  }

  /** Oldest first. */
  get items(): readonly T[] {
    return this.#items;
  }

  add(items: readonly T[]): void {
    for (const item of items) this.#size += this.#sizeOf(item);
    const all = [...this.#items, ...items];
    let from = Math.max(0, all.length - this.#most);
    for (const item of all.slice(0, from)) this.#size -= this.#sizeOf(item);
    for (; this.#size > this.#mostSize && from < all.length - 1; from += 1) {
      const item = all[from];
      if (item !== undefined) this.#size -= this.#sizeOf(item);
    }
    this.#items = from === 0 ? all : all.slice(from);
  }

  /** Adds items in the order of their ids, replacing those with the same id. */
  put(items: readonly T[]): void {
    const all = new Map(this.#items.map((item) => [item.id, item]));
    if (items.some(({ id }) => id <= (this.#items.at(-1)?.id ?? 0))) this.replaced += 1;
    for (const item of items) all.set(item.id, item);
    this.clear();
    this.add([...all.values()].sort((a, b) => a.id - b.id));
  }

  clear(): void {
    this.#items = [];
    this.#size = 0;
  }
}

/** The items of a ring that pass a test. Each item is tested once. */
export class Filtered<T extends { id: number }> {
  readonly #ring: Ring<T>;
  readonly #test: (item: T) => boolean;
  #passed: T[] = [];
  #upTo = 0;
  #replaced = 0;

  constructor(ring: Ring<T>, test: (item: T) => boolean) {
    this.#ring = ring;
    this.#test = test;
  }

  items(): readonly T[] {
    const { items, replaced } = this.#ring;
    if (replaced !== this.#replaced) {
      this.#replaced = replaced;
      this.#passed = [];
      this.#upTo = 0;
    }
    const first = items[0]?.id ?? Number.POSITIVE_INFINITY;
    const isGone = this.#passed[0] !== undefined && this.#passed[0].id < first;
    const kept = isGone ? this.#passed.filter(({ id }) => id >= first) : this.#passed;
    const added = newerThan(items, this.#upTo).filter(this.#test);
    this.#upTo = items.at(-1)?.id ?? this.#upTo;
    if (isGone || added.length > 0) this.#passed = [...kept, ...added];
    return this.#passed;
  }
}

function newerThan<T extends { id: number }>(items: readonly T[], id: number): readonly T[] {
  let from = items.length;
  while (from > 0 && (items[from - 1]?.id ?? 0) > id) from -= 1;
  return items.slice(from);
}
