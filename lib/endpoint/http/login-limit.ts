import { setTimeout as delay } from 'node:timers/promises';
import { ModelError } from '../../models/index.ts';
import { Semaphore } from '../../process/index.ts';

/** Wrong passwords within the window that cost nothing but themselves: from one address, and from all together. */
const FREE_FROM_ADDRESS = 10;
const FREE_FROM_ALL = 100;
const WINDOW_MS = 60_000;
/** How long each further wrong one of an address keeps the others of that address waiting. */
const PAUSE_MS = 1_000;
/** How many may wait at one address. */
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
 * Bounds how many passwords can be guessed: after ten wrong ones in a minute, those of the same address are checked one after
 * the other, one a second as long as they are wrong. The right one has to wait for its turn among them, and is not locked
 * out by whoever else uses the address, loopback for instance.
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

  /** Runs `check`, which says whether a password from `address` is right. Throws ModelError 429 when too many wait. */
  async attempt(address: string, check: () => Promise<boolean>): Promise<boolean> {
    const now = this.#now();
    this.#attempts = this.#attempts.filter(({ at }) => now - at < WINDOW_MS);
    const own = this.#attempts.filter((other) => other.address === address);
    if (own.length >= FREE_FROM_ADDRESS || this.#attempts.length >= FREE_FROM_ALL)
      return this.#inLine(address, check);
    // Counted before it is known to be wrong: many at the same time are many.
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
