import type { Event } from '../../models/index.ts';

const LONGEST_QUEUE = 1_000;

/**
 * Events on their way to one HasPublish plugin: one after the other in their order, and never waited for. A plugin
 * that cannot keep up loses the oldest, and `onDropped` is told how many.
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
