import assert from 'node:assert/strict';
import { join } from 'node:path';
import { Running } from '../endpoint/running-endpoint.ts';
import { drpkit, type RunOptions } from './drpkit.ts';
import { type Outcome, Runner } from './runner.ts';

/** An endpoint with a provider, and drpkit told by its environment to talk to it. */
export class Client implements AsyncDisposable {
  readonly running: Running;
  readonly env: Readonly<Record<string, string>>;
  readonly #runner: Runner;

  private constructor(running: Running) {
    this.running = running;
    this.env = { RS_ENDPOINT: running.endpoint.url, RS_TOKEN: running.endpoint.token };
    this.#runner = new Runner(this.env);
  }

  static async open(): Promise<Client> {
    const cow = join(import.meta.dirname, '../endpoint/cow-provider.ts');
    return new Client(await Running.open({ providers: { cow } }));
  }

  /** In a process of its own only where the options ask for what it cannot share. */
  run(args: readonly string[], options: RunOptions = {}): Promise<Outcome> {
    const { env, cwd, ...own } = options;
    if (Object.keys(own).length === 0) return this.#runner.run(args, { env, cwd });
    return drpkit(args, { ...options, env: { ...this.env, ...env } });
  }

  /** What drpkit prints, when it ends well and says nothing else. */
  async text(args: readonly string[], options: RunOptions = {}): Promise<string> {
    const { code, stdout, stderr } = await this.run(args, options);
    assert.deepEqual({ code, stderr }, { code: 0, stderr: '' }, args.join(' '));
    return stdout;
  }

  async json(args: readonly string[], options: RunOptions = {}): Promise<unknown> {
    return JSON.parse(await this.text(args, options));
  }

  /** The error that drpkit ends with, when it prints nothing else. */
  async error(args: readonly string[], options: RunOptions = {}): Promise<string> {
    const { code, stdout, stderr } = await this.run(args, options);
    assert.deepEqual({ code, stdout }, { code: 1, stdout: '' }, args.join(' '));
    return stderr;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#runner[Symbol.dispose]();
    await this.running[Symbol.asyncDispose]();
  }
}
