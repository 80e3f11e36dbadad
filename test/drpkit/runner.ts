import assert from 'node:assert/strict';
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import type { Socket } from 'node:net';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { COUNTED } from '../support/coverage.ts';
import { QUICK_START } from '../support/quick-start.ts';

/** What a command line came to. */
export interface Outcome {
  /** null after a signal. */
  code: number | null;
  stdout: string;
  stderr: string;
}

/** What the process writes after each command line. */
const END = '\0';

/** A command line, and where it runs. */
export interface Run {
  argv: readonly string[];
  env: Readonly<Record<string, string | undefined>>;
  cwd: string;
}

/** A process that runs command lines one after the other (runner-process.ts). */
class Worker {
  readonly #child: ChildProcess;
  readonly #ended: Promise<never>;
  isBusy = false;

  constructor() {
    this.#child = fork(join(import.meta.dirname, 'runner-process.ts'), {
      env: { PATH: process.env.PATH, ...OWN },
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    });
    this.#ended = once(this.#child, 'exit').then(([code]) => {
      throw new Error(`the process that runs the command lines ended with ${code}`);
    });
    this.#ended.catch(() => {});
  }

  async run(run: Run): Promise<Outcome> {
    const { stdout: out, stderr: err } = this.#child;
    assert.ok(out && err);
    this.isBusy = true;
    const done = Promise.all([once(this.#child, 'message'), untilEnd(out), untilEnd(err)]);
    this.#child.send(run);
    const [[code], stdout, stderr] = await Promise.race([done, this.#ended]);
    this.isBusy = false;
    return { code, stdout, stderr };
  }

  /** Whether this process waits for it. */
  set isAwaited(isAwaited: boolean) {
    const { channel, stdout, stderr } = this.#child;
    for (const handle of [this.#child, channel, stdout as Socket, stderr as Socket]) {
      if (isAwaited) handle?.ref();
      else handle?.unref();
    }
  }

  /** It then ends by itself, and writes down which code has run if it is to. */
  end(): void {
    this.isAwaited = true;
    this.#child.disconnect();
  }
}

/** Those of Runners that are no more. The next ones take them over: a process loads its code for 0.3 s of CPU. */
const idle: Worker[] = [];
process.on('beforeExit', () => {
  for (const worker of idle.splice(0)) worker.end();
});

/** What each worker has in its environment. */
const OWN = { ...COUNTED, ...QUICK_START };

/** Runs many command lines of drpkit one after the other in one process, which takes a tenth of the time. */
export class Runner implements Disposable {
  readonly #worker: Worker;
  readonly #env: Run['env'];
  readonly #cwd: string;
  #last: Promise<unknown> = Promise.resolve();

  constructor(env: Readonly<Record<string, string>>, cwd = process.cwd()) {
    const { PATH, TMPDIR } = process.env;
    this.#env = { PATH, TMPDIR, ...OWN, ...env };
    this.#cwd = cwd;
    this.#worker = idle.pop() ?? new Worker();
    this.#worker.isAwaited = true;
  }

  /** One at a time, however many are asked for. What `env` has is added. */
  run(argv: readonly string[], { env = {}, cwd = this.#cwd }: Partial<Run> = {}): Promise<Outcome> {
    const run = { argv, env: { ...this.#env, ...env }, cwd };
    const outcome = this.#last.then(() => this.#worker.run(run));
    this.#last = outcome.catch(() => {});
    return outcome;
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
    if (this.#worker.isBusy) {
      this.#worker.end();
    } else {
      this.#worker.isAwaited = false;
      idle.push(this.#worker);
    }
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
