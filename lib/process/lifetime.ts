import type { ChildProcessWithoutNullStreams } from 'node:child_process';
import { KILL_GRACE_MS, killGroup, OUTPUT_GRACE_MS } from './group.ts';

/** How a program ended: by itself, killed for a reason, or not started. */
export type Ending = 'exit' | 'time limit' | 'abort' | 'output limit' | 'unstartable';

export interface LifetimeLimits {
  timeLimitMs: number;
  signal: AbortSignal;
}

/** The end of a program. */
export interface Ended {
  how: Ending;
  /** Null after a signal. */
  code: number | null;
  error?: Error;
}

/**
 * Supervises a program with a time limit and an abort signal: kills its group, first with SIGTERM, and gives up when it
 * cannot be killed.
 */
export class Lifetime {
  readonly #child: ChildProcessWithoutNullStreams;
  readonly #signal: AbortSignal;
  readonly #ended: (end: Ended) => void;
  readonly #limit: NodeJS.Timeout;
  readonly #abort = () => this.end('abort');
  #killTimer: NodeJS.Timeout | undefined;
  #outputTimer: NodeJS.Timeout | undefined;
  #how: Ending = 'exit';
  #isOver = false;

  /** `ended` is called once: with the argument of `finish`, or when the program cannot be started or killed. */
  constructor(
    child: ChildProcessWithoutNullStreams,
    { timeLimitMs, signal }: LifetimeLimits,
    ended: (end: Ended) => void,
  ) {
    this.#child = child;
    this.#signal = signal;
    this.#ended = ended;
    this.#limit = setTimeout(() => this.end('time limit'), timeLimitMs);
    child.on('error', (error) => {
      if (child.pid !== undefined) return;
      this.#how = 'unstartable';
      this.finish(null, error);
    });
    signal.addEventListener('abort', this.#abort);
    if (signal.aborted) this.#abort();
  }

  /** Kills the program, unless that has begun already. */
  end(reason: Ending): void {
    if (this.#how !== 'exit') return;
    this.#how = reason;
    killGroup(this.#child, 'SIGTERM');
    this.#killTimer = setTimeout(() => {
      killGroup(this.#child, 'SIGKILL');
      this.#killTimer = setTimeout(() => this.#giveUp(), KILL_GRACE_MS);
    }, KILL_GRACE_MS);
  }

  /**
   * Calls `done` when the ended program has no more output. Processes that it left behind may hold its pipes longer.
   * `isBusy` tells whether output has arrived since its last call.
   */
  whenQuiet(isBusy: () => boolean, done: () => void): void {
    let quiet = 0;
    // Two quiet intervals are needed: a late timer fires before pending output is read.
    this.#outputTimer = setInterval(() => {
      quiet = isBusy() ? 0 : quiet + 1;
      if (quiet >= 2) done();
    }, OUTPUT_GRACE_MS);
  }

  finish(code: number | null, error?: Error): void {
    if (this.#isOver) return;
    this.#isOver = true;
    clearTimeout(this.#limit);
    clearTimeout(this.#killTimer);
    clearInterval(this.#outputTimer);
    this.#signal.removeEventListener('abort', this.#abort);
    this.#ended({ how: this.#how, code, error });
  }

  #giveUp(): void {
    for (const stream of [this.#child.stdin, this.#child.stdout, this.#child.stderr]) stream.destroy();
    this.#child.unref();
    this.finish(null);
  }
}
