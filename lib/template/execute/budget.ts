import type { Work } from '../values/value.ts';

/** Bounds of a rendering, which templates cannot lift. */
export interface Limits {
  /** Nodes of the template, rounds of loops and the like. */
  steps: number;
  /** Bytes of output, and of all values that are made on the way. */
  bytes: number;
  /** Templates in templates, blocks in blocks, parentheses in parentheses, all together. */
  depth: number;
}

/** A second at most, 64 MiB, and what fits on the stack. */
export const LIMITS: Readonly<Limits> = { steps: 3_000_000, bytes: 64 << 20, depth: 1000 };

/** A rendering used all that it may. */
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

  nested<Result>(inner: () => Result, levels = 1): Result {
    if (this.#depth + levels > this.#limits.depth)
      throw new LimitError(`nests more than ${this.#limits.depth} levels deep`);
    this.#depth += levels;
    try {
      return inner();
    } finally {
      this.#depth -= levels;
    }
  }
}
