import type { ChildProcessWithoutNullStreams } from 'node:child_process';
import { KILL_GRACE_MS, killGroup, OUTPUT_GRACE_MS } from './group.ts';

/** How a program ended: by itself, or killed, and why; or there was no process to be had for it. */
export type Ending = 'exit' | 'time limit' | 'abort' | 'output limit' | 'unstartable';

export interface LifetimeLimits {
  timeLimitMs: number;
  signal: AbortSignal;
}

/** What became of a program. */
export interface Ended {
  how: Ending;
  /** Null when a signal ended it. */
  code: number | null;
  error?: Error;
}

/**
 * The life of a program that has a time limit and can be aborted: it is killed with its group, first gently, and given up on when
 * nothing ends it.
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

  /** `ended` is called once, with what `finish` is given, or when the program cannot be started or not be ended. */
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

  /** Kills the program, unless it is being killed already. */
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
   * Calls `done` when the program, which has ended, has no more output: what it left behind may hold its pipes for longer.
   * `isBusy` tells whether something has come since it was asked last.
   */
  whenQuiet(isBusy: () => boolean, done: () => void): void {
    let quiet = 0;
    // Twice without output: a timer that is late comes before output that is there to be read.
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
