import type { Event } from '../../models/index.ts';
import type { Gap, StreamItem } from './item.ts';

/** Limit for waiting events in bytes. Some events, of content packs for instance, are large. */
const MOST_BYTES = 64 * 1024 * 1024;

/**
 * The queue of an event stream. When it is full, new events are dropped and counted, and the count is delivered in
 * their place.
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

  /** `bytes` is the size of the message. */
  push(event: Event, bytes: number): void {
    if (this.#ended) return;
    if (this.#items.length >= this.#limit || this.#bytes + bytes > MOST_BYTES) {
      this.#dropped += 1;
      return;
    }
    this.#report();
    this.#add({ event }, bytes);
  }

  /** Counts a message that is not an event. */
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

  /** No more items are accepted; those in the queue are still delivered. */
  end(): void {
    this.#ended = true;
    this.#hurry();
    this.#taker?.(undefined);
    this.#taker = undefined;
  }

  /** Waits for the next item; undefined at the end. Only one caller at a time. */
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

  /** Keeps the counts of losses outside of a full queue, so that many losses become few items. */
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
