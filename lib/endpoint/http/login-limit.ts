import { ModelError } from '../../models/index.ts';

/** Wrong passwords within the window: from one address, and from all together. */
const MOST_FROM_ADDRESS = 10;
const MOST_FROM_ALL = 100;
const WINDOW_MS = 60_000;

interface Attempt {
  address: string;
  at: number;
}

/**
 * Bounds how many passwords can be guessed, and how many are checked at a time, which is made to be costly. A password
 * that turns out to be right does not count.
 */
export class LoginLimit {
  readonly #now: () => number;
  #attempts: Attempt[] = [];

  constructor(now: () => number = () => performance.now()) {
    this.#now = now;
  }

  /** Runs `check`, which says whether a password from `address` is right. Throws ModelError 429 when it must not be run. */
  async attempt(address: string, check: () => Promise<boolean>): Promise<boolean> {
    const now = this.#now();
    this.#attempts = this.#attempts.filter(({ at }) => now - at < WINDOW_MS);
    const own = this.#attempts.filter((other) => other.address === address);
    const oldest = own.length >= MOST_FROM_ADDRESS ? own[0] : undefined;
    const first = oldest ?? (this.#attempts.length >= MOST_FROM_ALL ? this.#attempts[0] : undefined);
    if (first !== undefined) {
      const seconds = Math.ceil((first.at + WINDOW_MS - now) / 1000);
      throw new ModelError(429, `Too many wrong passwords: try again in ${seconds} s`, { model: 'users' });
    }
    // Counted before it is known to be wrong: many at the same time are many.
    const attempt = { address, at: now };
    this.#attempts.push(attempt);
    const right = await check();
    if (right) this.#attempts = this.#attempts.filter((other) => other !== attempt);
    return right;
  }
}
