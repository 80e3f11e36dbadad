import { type Event, ModelError, TimeLimit } from '../../models/index.ts';
import type { ClientLog } from '../log.ts';
import type { EventHub, Listener } from './hub.ts';
import type { Gap, StreamItem } from './item.ts';
import { EventQueue } from './queue.ts';
import { type Matcher, matcher } from './selector.ts';

export interface StreamOptions {
  /** Closes the stream when aborted. */
  signal?: AbortSignal;
  /** Gets a line when the connection is lost and when it is back. */
  log?: ClientLog;
  /**
   * How many events may wait for the consumer; default 1000, at most 64 MiB in total. Further ones are dropped, counted
   * and reported.
   */
  queue?: number;
}

export interface RegisterOptions {
  signal?: AbortSignal;
  /** Milliseconds to wait for the endpoint's acknowledgement; default 30,000. */
  timeout?: number;
}

const QUEUE_LENGTH = 1000;
const REGISTER_MS = 30_000;

/**
 * Events of the endpoint for one consumer:
 *
 *     await using stream = client.events({ signal });
 *     await stream.register('machines.update.*');
 *     for await (const { event, gap, overflow, unreadable } of stream) ...
 *
 * A lost connection is restored. Then a `gap` is delivered, after all selectors are registered again: reading the
 * objects at this point covers all missed events. The iteration ends when the stream is closed.
 */
export class EventStream implements AsyncIterable<StreamItem> {
  readonly #hub: EventHub;
  readonly #log: ClientLog;
  readonly #queue: EventQueue;
  readonly #selectors = new Map<string, Matcher>();
  readonly #closed = new AbortController();
  readonly #signal: AbortSignal | undefined;
  readonly #listener: Listener = {
    event: (event, bytes) => this.#event(event, bytes),
    unreadable: () => this.#queue.unreadable(),
    lost: (reason) => this.#lost(reason),
    back: (gap) => this.#back(gap),
    closed: () => this.close(),
  };
  /** Whether a selector was registered. Before that no event can be missed. */
  #live = false;
  /** Why the connection is lost, for error messages; empty while it is not. */
  #trouble = '';

  constructor(hub: EventHub, log: ClientLog, { signal, queue = QUEUE_LENGTH }: StreamOptions) {
    this.#hub = hub;
    this.#log = log;
    this.#queue = new EventQueue(queue);
    this.#signal = signal;
    hub.join(this.#listener);
    if (signal?.aborted) this.close();
    else signal?.addEventListener('abort', this.close, { once: true });
  }

  /**
   * Adds the events that `selector` (`TYPE.ACTION.KEY`, `*` for any) matches. Returns the acknowledging event once the
   * endpoint has acknowledged: later events are delivered. Tries to connect until the time limit. Throws ModelError:
   * 400 for an invalid selector, the endpoint's refusal (401, 403), 504 after the time limit.
   */
  async register(selector: string, { signal, timeout = REGISTER_MS }: RegisterOptions = {}): Promise<Event> {
    const matches = matcher(selector);
    if (this.#closed.signal.aborted) throw closedError();
    using limit = new TimeLimit(timeout);
    const ends = [this.#closed.signal, limit.signal];
    const known = this.#selectors.has(selector);
    if (!known) {
      this.#selectors.set(selector, matches);
      this.#hub.want(selector);
    }
    try {
      const any = AbortSignal.any(signal === undefined ? ends : [...ends, signal]);
      const event = await this.#hub.acknowledged(selector, any);
      this.#live = true;
      return event;
    } catch (error) {
      if (!known) this.deregister(selector);
      if (error !== limit.signal.reason) throw error;
      throw new ModelError(504, `${selector} was not acknowledged within ${timeout} ms${this.#trouble}`, {
        type: 'CLIENT_ERROR',
      });
    }
  }

  /** Stops the delivery of events that only `selector` matches. */
  deregister(selector: string): void {
    if (this.#selectors.delete(selector)) this.#hub.unwant(selector);
  }

  /** Ends the stream and the iteration over it. Events in the queue are still delivered. */
  readonly close = (): void => {
    if (this.#closed.signal.aborted) return;
    this.#closed.abort(closedError());
    this.#signal?.removeEventListener('abort', this.close);
    for (const selector of [...this.#selectors.keys()]) this.deregister(selector);
    this.#hub.leave(this.#listener);
    this.#queue.end();
  };

  async [Symbol.asyncDispose](): Promise<void> {
    this.close();
  }

  /** Leaving a `for await` loop closes the stream. */
  async *[Symbol.asyncIterator](): AsyncIterator<StreamItem, void> {
    try {
      for (;;) {
        const item = await this.#queue.take();
        if (item === undefined) return;
        yield item;
      }
    } finally {
      this.close();
    }
  }

  #event(event: Event, bytes: number): void {
    for (const matches of this.#selectors.values()) {
      if (!matches(event)) continue;
      this.#queue.push(event, bytes);
      return;
    }
  }

  #lost(reason: string): void {
    this.#trouble = `: ${reason}`;
    this.#log.warn(`Event stream lost, connecting again: ${reason}`);
  }

  #back(gap: Gap): void {
    this.#trouble = '';
    if (!this.#live) return;
    const { from, to } = gap;
    this.#log.warn(
      `Event stream is back; events from ${from.toISOString()} to ${to.toISOString()} may have been missed`,
    );
    this.#queue.gap(gap);
  }
}

function closedError(): ModelError {
  return new ModelError(400, 'The event stream is closed', { type: 'CLIENT_ERROR' });
}
