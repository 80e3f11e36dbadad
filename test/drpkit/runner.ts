import assert from 'node:assert/strict';
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { COMPILE_CACHE } from '../support/compile-cache.ts';
import { COUNTED } from '../support/coverage.ts';

/** What a command line came to. */
export interface Outcome {
  /** null after a signal. */
  code: number | null;
  stdout: string;
  stderr: string;
}

/** What the process writes after each command line. */
const END = '\0';

/** Runs many command lines of drpkit one after the other in one process, which takes a tenth of the time. */
export class Runner implements Disposable {
  readonly #child: ChildProcess;
  readonly #ended: Promise<never>;
  #last: Promise<unknown> = Promise.resolve();

  constructor(env: Readonly<Record<string, string>>, cwd?: string) {
    const { PATH, TMPDIR } = process.env;
    this.#child = fork(join(import.meta.dirname, 'runner-process.ts'), {
      cwd,
      env: { PATH, TMPDIR, ...COUNTED, NODE_COMPILE_CACHE: COMPILE_CACHE, ...env },
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    });
    this.#ended = once(this.#child, 'exit').then(([code]) => {
      throw new Error(`the process that runs the command lines ended with ${code}`);
    });
    this.#ended.catch(() => {});
  }

  /** One at a time, however many are asked for. */
  run(argv: readonly string[]): Promise<Outcome> {
    const outcome = this.#last.then(() => this.#run(argv));
    this.#last = outcome.catch(() => {});
    return outcome;
  }

  async #run(argv: readonly string[]): Promise<Outcome> {
    const { stdout: out, stderr: err } = this.#child;
    assert.ok(out && err);
    const done = Promise.all([once(this.#child, 'message'), untilEnd(out), untilEnd(err)]);
    this.#child.send(argv);
    const [[code], stdout, stderr] = await Promise.race([done, this.#ended]);
    return { code, stdout, stderr };
  }

  /** What is printed, when it ends well and says nothing else. */
  async text(...argv: readonly string[]): Promise<string> {
    const { code, stdout, stderr } = await this.run(argv);
    assert.deepEqual({ code, stderr }, { code: 0, stderr: '' }, argv.join(' '));
    return stdout;
  }

  async json(...argv: readonly string[]): Promise<unknown> {
    return JSON.parse(await this.text(...argv));
  }

  /** The first line of the error that it ends with, when it prints nothing else. */
  async error(...argv: readonly string[]): Promise<string> {
    const { code, stdout, stderr } = await this.run(argv);
    assert.deepEqual({ code, stdout }, { code: 1, stdout: '' }, argv.join(' '));
    return stderr.split('\n', 1)[0] ?? '';
  }

  [Symbol.dispose](): void {
    // It then ends by itself, and writes down which code has run if it is to.
    this.#child.disconnect();
  }
}

/** What comes until the end mark. */
async function untilEnd(stream: Readable): Promise<string> {
  const { promise, resolve } = Promise.withResolvers<string>();
  const chunks: Buffer[] = [];
  const take = (chunk: Buffer) => {
    chunks.push(chunk);
    const text = Buffer.concat(chunks).toString();
    if (text.endsWith(END)) resolve(text.slice(0, -END.length));
  };
  stream.on('data', take);
  return promise.finally(() => stream.off('data', take));
}
