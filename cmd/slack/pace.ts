import { setTimeout as sleep } from 'node:timers/promises';

/**
 * Slack lets an app post about one message a second to a channel (https://docs.slack.dev/apis/web-api/rate-limits). Who
 * keeps to that exactly is refused whenever a message takes a little less time on its way than the one before.
 */
const SPACING_MS = 1100;
/** A timer of more than some 24 days ends at once. */
const LONGEST_SLEEP_MS = 2 ** 31 - 1;

interface Turns {
  /** Settles when the latest of those who wait has had its turn. */
  last: Promise<void>;
  waiting: number;
  /** When the next message may be sent. */
  next: number;
}

/** Who may write to which channel when: a message a second for each, and none while Slack wants us to wait. */
export class Pace {
  readonly #spacingMs: number;
  readonly #channels = new Map<string, Turns>();
  #heldUntil = 0;

  constructor(spacingMs = SPACING_MS) {
    this.#spacingMs = spacingMs;
  }

  /** Milliseconds that somebody who came now would wait, if Slack takes everything. */
  wait(channel: string): number {
    const { waiting, next } = this.#turns(channel);
    const now = performance.now();
    return Math.max(next, this.#heldUntil, now) - now + waiting * this.#spacingMs;
  }

  /** Waits for the caller's turn in a channel; turns come in the order of the calls. Throws the reason of `signal`. */
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

  /** Nobody has a turn for so long. The limit of chat.postMessage is one of the whole app, not of a channel alone. */
  hold(ms: number): void {
    this.#heldUntil = Math.max(this.#heldUntil, performance.now() + ms);
  }

  #turns(channel: string): Turns {
    const turns = this.#channels.get(channel) ?? { last: Promise.resolve(), waiting: 0, next: 0 };
    this.#channels.set(channel, turns);
    return turns;
  }
}
