import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { until } from '../support/until.ts';

/** As scripts/drpkit runs it. */
const COMMAND = [process.execPath, join(import.meta.dirname, '../../scripts/packaging/archive.cjs')];

export interface RunOptions {
  env?: Readonly<Record<string, string>>;
  /** What comes on stdin; nothing unless given. */
  input?: string;
  cwd?: string;
  /** Give it a process group of its own. */
  detached?: boolean;
  /** Run this instead of the script. */
  command?: readonly string[];
}

export interface Result {
  code: number | null;
  signal: NodeJS.Signals | null;
  stdout: string;
  stderr: string;
}

/** A drpkit that runs. `await using` ends it. */
export class Drpkit implements AsyncDisposable {
  readonly child: ChildProcessWithoutNullStreams;
  readonly ended: Promise<Result>;
  stdout = '';
  stderr = '';

  private constructor(command: readonly string[], { env = {}, input = '', cwd, detached }: RunOptions) {
    const [file = '', ...args] = command;
    const { PATH, TMPDIR } = process.env;
    this.child = spawn(file, args, { cwd, detached, env: { PATH, TMPDIR, ...env } });
    this.child.stdout.on('data', (chunk) => {
      this.stdout += chunk;
    });
    this.child.stderr.on('data', (chunk) => {
      this.stderr += chunk;
    });
    // One that is told by its arguments what is wrong may end before it has read.
    this.child.stdin.on('error', () => {});
    this.child.stdin.end(input);
    this.ended = once(this.child, 'close').then(([code, signal]) => {
      return { code, signal, stdout: this.stdout, stderr: this.stderr };
    });
  }

  static async start(args: readonly string[], options: RunOptions = {}): Promise<Drpkit> {
    return new Drpkit([...(options.command ?? COMMAND), ...args], options);
  }

  /** Waits until it has printed something. */
  async printed(pattern: RegExp): Promise<void> {
    const shown = () => `${this.stdout}${this.stderr}`;
    await until(() => {
      if (pattern.test(shown())) return true;
      if (this.child.exitCode === null && this.child.signalCode === null) return false;
      throw new Error(`drpkit ended without ${pattern}: ${shown()}`);
    }, `${pattern} in what drpkit prints`);
  }

  async end(signal: NodeJS.Signals): Promise<Result> {
    this.child.kill(signal);
    return this.ended;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    // An orderly end first: a process that is killed leaves its children behind.
    this.child.kill('SIGTERM');
    const patience = setTimeout(() => this.child.kill('SIGKILL'), 20_000);
    await this.ended;
    clearTimeout(patience);
  }
}

/** Runs drpkit to its end. */
export async function drpkit(args: readonly string[], options: RunOptions = {}): Promise<Result> {
  return (await Drpkit.start(args, options)).ended;
}
