import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import type { Scratch } from './scratch.ts';

const READY_LIMIT_MS = 60_000;

export interface PluginOptions {
  /** Variables besides those that every plugin gets. */
  env?: Readonly<Record<string, string>>;
  /** The endpoint's socket. It need not exist for a plugin that sends nothing. */
  fromPlugin?: string;
}

let started = 0;

/** A plugin running as `COMMAND listen TO FROM`, with the environment of an endpoint. */
export class PluginProcess implements AsyncDisposable {
  readonly pid: number;
  /** The socket that it serves. */
  readonly toPlugin: string;
  /** Time from its start to READY!. */
  readonly readyMs: number;
  readonly #child: ChildProcess;

  private constructor(child: ChildProcess, toPlugin: string, readyMs: number) {
    this.#child = child;
    this.pid = child.pid ?? 0;
    this.toPlugin = toPlugin;
    this.readyMs = readyMs;
  }

  /** Throws an Error with its output when it does not become ready. */
  static async start(
    scratch: Scratch,
    [file = '', ...args]: readonly string[],
    options: PluginOptions = {},
  ): Promise<PluginProcess> {
    started += 1;
    const toPlugin = join(scratch.folder, `p.toPlugin.${started}`);
    const fromPlugin = options.fromPlugin ?? join(scratch.folder, 'p.fromPlugin.0');
    const begun = performance.now();
    const child = scratch.own(
      spawn(file, [...args, 'listen', toPlugin, fromPlugin], {
        cwd: scratch.folder,
        env: {
          PATH: process.env.PATH,
          RS_ENDPOINT: 'https://127.0.0.1:1',
          RS_TOKEN: 'TOKEN',
          ...options.env,
        },
        stdio: ['ignore', 'pipe', 'pipe'],
      }),
    );
    const readyMs = (await ready(child, file)) - begun;
    return new PluginProcess(child, toPlugin, readyMs);
  }

  /** Kills it, since an orderly stop takes time and is not measured. */
  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    const exited = once(this.#child, 'exit');
    this.#child.kill('SIGKILL');
    await exited;
  }
}

/** Resolves to the time of READY!. */
async function ready(child: ChildProcess, file: string): Promise<number> {
  const { promise, resolve, reject } = Promise.withResolvers<number>();
  let printed = '';
  const fail = (how: string) => reject(new Error(`${file} ${how} before READY!: ${printed.trim()}`));
  const timer = setTimeout(() => fail(`took more than ${READY_LIMIT_MS / 1000} s`), READY_LIMIT_MS);
  child.stderr?.on('data', (chunk: Buffer) => {
    printed += chunk;
  });
  child.stdout?.on('data', (chunk: Buffer) => {
    const now = performance.now();
    printed += chunk;
    if (/^READY!$/m.test(printed)) resolve(now);
  });
  child.once('error', reject);
  child.once('close', () => fail('ended'));
  try {
    return await promise;
  } finally {
    clearTimeout(timer);
    printed = '';
  }
}
