import { setTimeout as sleep } from 'node:timers/promises';

/**
 * Slack allows an app about one message per second and channel (https://docs.slack.dev/apis/web-api/rate-limits).
 * Exactly one second is refused whenever a message travels a little faster than the one before.
 */
const SPACING_MS = 1100;
/** Node.js fires timers with longer delays at once. */
const LONGEST_SLEEP_MS = 2 ** 31 - 1;

interface Turns {
  /** Settles after the last waiting caller's turn. */
  last: Promise<void>;
  waiting: number;
  /** Time at which the next message may be sent. */
  next: number;
}

/**
 * Assigns the turns in which messages are sent: one per second and channel, and none while Slack's rate limit is in
 * force.
 */
export class Pace {
  readonly #spacingMs: number;
  readonly #channels = new Map<string, Turns>();
  #heldUntil = 0;

  constructor(spacingMs = SPACING_MS) {
    this.#spacingMs = spacingMs;
  }

  /** How long in ms a new caller would wait. */
  wait(channel: string): number {
    const { waiting, next } = this.#turns(channel);
    const now = performance.now();
    return Math.max(next, this.#heldUntil, now) - now + waiting * this.#spacingMs;
  }

  /** Waits for the caller's turn in a channel, in the order of the calls. Throws the reason of `signal`. */
  async turn(channel: string, signal: AbortSignal): Promise<void> {
    const turns = this.#turns(channel);
    const { promise, resolve } = Promise.withResolvers<void>();
    const before = turns.last;
    turns.last = promise;
    turns.waiting += 1;
    try {
      await before;
      for (;;) {
        signal.throwIfAborted();
        const left = Math.max(turns.next, this.#heldUntil) - performance.now();
        if (left <= 0) break;
        await sleep(Math.min(left, LONGEST_SLEEP_MS), undefined, { signal }).catch(() =>
          signal.throwIfAborted(),
        );
      }
      turns.next = performance.now() + this.#spacingMs;
    } finally {
      turns.waiting -= 1;
      resolve();
    }
  }

  /** Stops all turns for `ms`. The rate limit of chat.postMessage applies to the app, not to a channel. */
  hold(ms: number): void {
    this.#heldUntil = Math.max(this.#heldUntil, performance.now() + ms);
  }

  #turns(channel: string): Turns {
    const turns = this.#channels.get(channel) ?? { last: Promise.resolve(), waiting: 0, next: 0 };
    this.#channels.set(channel, turns);
    return turns;
  }
}
