import type { Event } from '../../models/index.ts';

const LONGEST_QUEUE = 1_000;

/**
 * The queue of events for a HasPublish plugin. They are sent one at a time and in order, without anybody waiting. When
 * it is full, the oldest are dropped, and `onDropped` gets their number.
 */
export class PublishQueue {
  readonly #send: (event: Event) => Promise<void>;
  readonly #onDropped: (count: number) => void;
  #events: Event[] = [];
  #dropped = 0;
  #busy = false;

  constructor(send: (event: Event) => Promise<void>, onDropped: (count: number) => void) {
    this.#send = send;
    this.#onDropped = onDropped;
  }

  push(event: Event): void {
    this.#events.push(event);
    if (this.#events.length > LONGEST_QUEUE) {
      this.#events.shift();
      this.#dropped += 1;
    }
    if (!this.#busy) void this.#drain();
  }

  clear(): void {
    this.#events = [];
  }

  async #drain(): Promise<void> {
    this.#busy = true;
    for (let event = this.#events.shift(); event !== undefined; event = this.#events.shift()) {
      await this.#send(event);
      if (this.#dropped > 0) {
        this.#onDropped(this.#dropped);
        this.#dropped = 0;
      }
    }
    this.#busy = false;
  }
}
