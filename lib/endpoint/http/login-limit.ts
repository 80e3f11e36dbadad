import { setTimeout as delay } from 'node:timers/promises';
import { ModelError } from '../../models/index.ts';
import { Semaphore } from '../../process/index.ts';

/** How many wrong passwords within the window have no consequence: per address, and in total. */
const FREE_FROM_ADDRESS = 10;
const FREE_FROM_ALL = 100;
const WINDOW_MS = 60_000;
/** How long each further wrong password delays the others from its address. */
const PAUSE_MS = 1_000;
/** How many logins of one address may wait. */
const MOST_WAITING = 20;

interface Attempt {
  address: string;
  at: number;
}

interface Line {
  readonly turns: Semaphore;
  waiting: number;
}

/**
 * Limits the guessing of passwords: after ten wrong ones in a minute, logins of that address are checked one at a time,
 * one per second while they are wrong. A right password waits for its turn but is not locked out by others at the
 * address, which may be loopback.
 */
export class LoginLimit {
  readonly #now: () => number;
  readonly #pauseMs: number;
  readonly #lines = new Map<string, Line>();
  #attempts: Attempt[] = [];

  constructor(now: () => number = () => performance.now(), pauseMs = PAUSE_MS) {
    this.#now = now;
    this.#pauseMs = pauseMs;
  }

  /** Runs `check`, which tells whether a password from `address` is right. Throws ModelError 429 when too many wait. */
  async attempt(address: string, check: () => Promise<boolean>): Promise<boolean> {
    const now = this.#now();
    this.#attempts = this.#attempts.filter(({ at }) => now - at < WINDOW_MS);
    const own = this.#attempts.filter((other) => other.address === address);
    if (own.length >= FREE_FROM_ADDRESS || this.#attempts.length >= FREE_FROM_ALL)
      return this.#inLine(address, check);
    // Counted before the result is known, so that concurrent attempts count.
    const attempt = { address, at: now };
    this.#attempts.push(attempt);
    const right = await check();
    if (right) this.#attempts = this.#attempts.filter((other) => other !== attempt);
    return right;
  }

  async #inLine(address: string, check: () => Promise<boolean>): Promise<boolean> {
    const line = this.#lines.get(address) ?? { turns: new Semaphore(1), waiting: 0 };
    if (line.waiting >= MOST_WAITING) {
      const seconds = Math.ceil((MOST_WAITING * this.#pauseMs) / 1000);
      throw new ModelError(429, `Too many wrong passwords: try again in ${seconds} s`, { model: 'users' });
    }
    this.#lines.set(address, line);
    line.waiting += 1;
    try {
      return await line.turns.run(async () => {
        const right = await check();
        if (!right) await delay(this.#pauseMs, undefined, { ref: false });
        return right;
      });
    } finally {
      line.waiting -= 1;
      if (line.waiting === 0) this.#lines.delete(address);
    }
  }
}
