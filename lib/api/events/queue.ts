import type { Event } from '../../models/index.ts';
import type { Gap, StreamItem } from './item.ts';

/** How much of events, in bytes as they came in, waits at most: many can be large at once, content packs for instance. */
const MOST_BYTES = 64 * 1024 * 1024;

/**
 * What waits for the consumer of an event stream. When it is full, new events are dropped and counted; the count is
 * delivered where they would have been.
 */
export class EventQueue {
  readonly #limit: number;
  #items: { item: StreamItem; bytes: number }[] = [];
  #bytes = 0;
  #dropped = 0;
  #unreadable = 0;
  #gap: Gap | undefined;
  #taker: ((item: StreamItem | undefined) => void) | undefined;
  #ended = false;

  constructor(limit: number) {
    this.#limit = limit;
  }

  /** `bytes` is how large the event was as it came in. */
  push(event: Event, bytes: number): void {
    if (this.#ended) return;
    if (this.#items.length >= this.#limit || this.#bytes + bytes > MOST_BYTES) {
      this.#dropped += 1;
      return;
    }
    this.#report();
    this.#add({ event }, bytes);
  }

  /** Something that should have been an event could not be read. */
  unreadable(): void {
    if (this.#ended) return;
    this.#unreadable += 1;
    this.#hurry();
  }

  gap(gap: Gap): void {
    if (this.#ended) return;
    this.#gap = this.#gap === undefined ? gap : { ...gap, from: this.#gap.from };
    this.#hurry();
  }

  /** No more comes in; what is there is still delivered. */
  end(): void {
    this.#ended = true;
    this.#hurry();
    this.#taker?.(undefined);
    this.#taker = undefined;
  }

  /** The next item, when there is one; undefined at the end. One caller at a time. */
  async take(): Promise<StreamItem | undefined> {
    if (this.#items.length === 0) this.#report();
    const first = this.#items.shift();
    if (first !== undefined || this.#ended) {
      this.#bytes -= first?.bytes ?? 0;
      return first?.item;
    }
    const { promise, resolve } = Promise.withResolvers<StreamItem | undefined>();
    this.#taker = resolve;
    return promise;
  }

  /** Losses wait beside the queue while it is full, so that a slow consumer makes them more, not many. */
  #report(): void {
    if (this.#dropped > 0) this.#add({ overflow: this.#dropped });
    this.#dropped = 0;
    if (this.#unreadable > 0) this.#add({ unreadable: this.#unreadable });
    this.#unreadable = 0;
    if (this.#gap !== undefined) this.#add({ gap: this.#gap });
    this.#gap = undefined;
  }

  #hurry(): void {
    if (this.#items.length < this.#limit) this.#report();
  }

  #add(item: StreamItem, bytes = 0): void {
    const taker = this.#taker;
    this.#taker = undefined;
    if (taker !== undefined) {
      taker(item);
      return;
    }
    this.#items.push({ item, bytes });
    this.#bytes += bytes;
  }
}
