import type { Work } from '../values/value.ts';

/** Limits of a rendering, which templates cannot change. */
export interface Limits {
  /** Executed nodes, iterations of loops and similar steps. */
  steps: number;
  /** Bytes of output and of intermediate values. */
  bytes: number;
  /** Nesting of templates, blocks and parentheses in total. */
  depth: number;
}

/** About a second, 64 MiB, and what fits on the stack. */
export const LIMITS: Readonly<Limits> = { steps: 3_000_000, bytes: 64 << 20, depth: 1000 };

/** A rendering has exceeded a limit. */
export class LimitError extends Error {
  override readonly name = 'LimitError';
}

export class Budget implements Work {
  readonly #limits: Readonly<Limits>;
  #steps = 0;
  #bytes = 0;
  #depth = 0;

  constructor(limits: Readonly<Limits> = LIMITS) {
    this.#limits = limits;
  }

  step(count = 1): void {
    this.#steps += count;
    if (this.#steps > this.#limits.steps) throw new LimitError(`takes more than ${this.#limits.steps} steps`);
  }

  make(bytes: number): void {
    this.#bytes += bytes;
    if (this.#bytes > this.#limits.bytes) throw new LimitError(`makes more than ${this.#limits.bytes} bytes`);
  }

  enter(levels = 1): void {
    if (this.#depth + levels > this.#limits.depth)
      throw new LimitError(`nests more than ${this.#limits.depth} levels deep`);
    this.#depth += levels;
  }

  leave(levels = 1): void {
    this.#depth -= levels;
  }

  nested<Result>(inner: () => Result, levels = 1): Result {
    this.enter(levels);
    try {
      return inner();
    } finally {
      this.leave(levels);
    }
  }
}
