import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import type { Scratch } from '../measuring/scratch.ts';

/** A script of this folder as a process that answers each message with one message. */
export class Worker<Command extends object> implements Disposable {
  readonly #child: ChildProcess;

  constructor(scratch: Scratch, script: string) {
    this.#child = scratch.own(fork(script));
  }

  /** Sends a message and returns its answer. Throws an Error when the process ends instead. */
  async ask<T>(command: Command): Promise<T> {
    const over = new AbortController();
    const { signal } = over;
    try {
      const ended = once(this.#child, 'exit', { signal }).then(([code]) => {
        throw new Error(`a helper of the bench ended with ${code}`);
      });
      const answered = once(this.#child, 'message', { signal });
      this.#child.send(command);
      const [answer] = await Promise.race([answered, ended]);
      return answer as T;
    } finally {
      over.abort();
    }
  }

  [Symbol.dispose](): void {
    this.#child.disconnect();
  }
}
