import type { Client, EventStream } from '../api/index.ts';
import { type Event, ModelError } from '../models/index.ts';
import { failureText } from './failure-text.ts';
import type { Logger } from './logger.ts';

/** How long a handler may take for one event: the others wait for it. Longer work must run in a promise of its own. */
const EVENT_LIMIT_MS = 60_000;

export interface EventHandlers {
  /** Called with the events, one at a time and in order. */
  event(event: Event, signal: AbortSignal): Promise<void>;
  /** Called when events may have been missed. Calls never overlap. */
  missed(signal: AbortSignal): Promise<void>;
}

/** Passes the events that a plugin selected from the endpoint's event stream to its handler, one at a time. */
export class EventFeed {
  readonly #api: Client;
  readonly #log: Logger;
  readonly #handlers: EventHandlers;
  #stream: EventStream | undefined;
  #selectors: readonly string[] = [];
  /** How often events were missed since the last call of `missed`. */
  #misses = 0;
  #catchingUp = false;

  constructor(api: Client, log: Logger, handlers: EventHandlers) {
    this.#handlers = handlers;
    this.#api = api;
    // An event caused by a line about an event would come back here.
    this.#log = log.noRepublish();
  }

  /**
   * Replaces the selectors. Those in both lists continue without a gap. Throws ModelError when the endpoint does not
   * acknowledge one; then the earlier selectors stay.
   */
  async follow(selectors: readonly string[]): Promise<void> {
    const stream = this.#stream ?? this.#open();
    const added = selectors.filter((selector) => !this.#selectors.includes(selector));
    try {
      await Promise.all(added.map((selector) => stream.register(selector)));
    } catch (error) {
      for (const selector of added) stream.deregister(selector);
      throw error;
    }
    for (const selector of this.#selectors) if (!selectors.includes(selector)) stream.deregister(selector);
    this.#selectors = selectors;
    void this.#catchUp();
  }

  /** Takes no more events and drops those in the queue. */
  close(): void {
    this.#stream?.close();
    this.#stream = undefined;
  }

  #open(): EventStream {
    const stream = this.#api.events({ log: this.#log });
    this.#stream = stream;
    void this.#pass(stream);
    return stream;
  }

  async #pass(stream: EventStream): Promise<void> {
    for await (const { event, overflow, unreadable } of stream) {
      if (this.#stream !== stream) return;
      if (overflow !== undefined)
        this.#log.warn(`${overflow} events were lost: the handler does not keep up`);
      if (unreadable !== undefined)
        this.#log.warn(`${unreadable} messages on the event stream are not events`);
      if (event === undefined) {
        void this.#catchUp();
        continue;
      }
      const about = `Event ${event.Type}.${event.Action}.${event.Key}`;
      await this.#handle(about, (signal) => this.#handlers.event(event, signal));
    }
  }

  async #catchUp(): Promise<void> {
    this.#misses += 1;
    if (this.#catchingUp) return;
    this.#catchingUp = true;
    while (this.#misses > 0) {
      this.#misses = 0;
      await this.#handle('Looking for missed events', (signal) => this.#handlers.missed(signal));
    }
    this.#catchingUp = false;
  }

  async #handle(what: string, handler: (signal: AbortSignal) => Promise<void>): Promise<void> {
    try {
      await this.#handleWithin(handler);
    } catch (error) {
      // Errors after the close are how the handlers end, not failures.
      if (this.#stream === undefined) return;
      this.#log.error(`${what} failed: ${failureText(error)}`);
    }
  }

  async #handleWithin(handler: (signal: AbortSignal) => Promise<void>): Promise<void> {
    const limit = new AbortController();
    const { promise: expired, reject } = Promise.withResolvers<never>();
    const timer = setTimeout(() => {
      const late = new ModelError(504, `not done within ${EVENT_LIMIT_MS / 1000} s`);
      limit.abort(late);
      reject(late);
    }, EVENT_LIMIT_MS);
    try {
      await Promise.race([handler(limit.signal), expired]);
    } finally {
      clearTimeout(timer);
    }
  }
}
