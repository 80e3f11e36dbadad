import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Scratch } from '../measuring/scratch.ts';

const DRPKIT = join(import.meta.dirname, '..', '..', 'cmd', 'drpkit', 'main.ts');
const START_LIMIT_MS = 180_000;
/** For the endpoint only: plugins collect garbage by themselves when idle. */
const COLLECTOR = `data:text/javascript,process.on('SIGUSR2', () => gc({ flavor: 'last-resort' }))`;

/** A plugin's process. */
export interface RunningPlugin {
  name: string;
  pid: number;
  /** The socket that it serves. */
  socket: string;
}

/** The development endpoint as a process that can be stopped temporarily or killed. */
export class EndpointProcess {
  readonly pid: number;
  readonly url: string;
  readonly user: string;
  /** Printed only at the first start in a folder. */
  readonly password: string;
  readonly #child: ChildProcess;

  private constructor(child: ChildProcess, told: Pick<EndpointProcess, 'url' | 'user' | 'password'>) {
    this.#child = child;
    this.pid = child.pid ?? 0;
    this.url = told.url;
    this.user = told.user;
    this.password = told.password;
  }

  /** Port 0 means any. Throws an Error with its output when it does not start. */
  static async start(
    scratch: Scratch,
    options: { root: string; port: number; env: Readonly<Record<string, string>> },
  ): Promise<EndpointProcess> {
    const { root, port, env } = options;
    const args = [
      '--no-warnings',
      '--expose-gc',
      `--import=${COLLECTOR}`,
      DRPKIT,
      'endpoint',
      `--root=${root}`,
      `--port=${port}`,
      '--static-port=0',
    ];
    const child = scratch.own(
      spawn(process.execPath, args, { env: { ...process.env, ...env }, stdio: ['ignore', 'pipe', 'pipe'] }),
    );
    return new EndpointProcess(child, await told(child));
  }

  get port(): number {
    return Number(new URL(this.url).port);
  }

  /** The running plugins: child processes started with `listen`. */
  plugins(): RunningPlugin[] {
    const children = readFileSync(`/proc/${this.pid}/task/${this.pid}/children`, 'utf8');
    return children.split(' ').filter(Boolean).flatMap(pluginOf);
  }

  collectGarbage(): void {
    this.#child.kill('SIGUSR2');
  }

  hang(): void {
    this.#child.kill('SIGSTOP');
  }

  goOn(): void {
    this.#child.kill('SIGCONT');
  }

  /** Kills it with its children, like a power failure. */
  async kill(): Promise<void> {
    await this.#end('SIGKILL', this.plugins());
  }

  /** Stops it in an orderly way. */
  async close(): Promise<void> {
    await this.#end('SIGTERM', []);
  }

  async #end(signal: NodeJS.Signals, plugins: readonly RunningPlugin[]): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    const exited = once(this.#child, 'exit');
    this.#child.kill(signal);
    await exited;
    for (const { pid } of plugins) process.kill(pid, 'SIGKILL');
  }
}

/** Empty for a process that has ended. */
function pluginOf(pid: string): RunningPlugin[] {
  try {
    const words = readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0');
    const socket = words[words.indexOf('listen') + 1] ?? '';
    const name = /^(.+)\.toPlugin\.\d+$/.exec(basename(socket))?.[1];
    return name === undefined ? [] : [{ name, pid: Number(pid), socket }];
  } catch {
    return [];
  }
}

/** Parses what the endpoint prints at its start. */
async function told(child: ChildProcess): Promise<Pick<EndpointProcess, 'url' | 'user' | 'password'>> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  if (child.stdout === null) throw new Error('the endpoint has no stdout');
  const said: string[] = [];
  const find = (pattern: RegExp) => said.map((line) => pattern.exec(line)?.[1]).find(Boolean) ?? '';
  createInterface(child.stdout).on('line', (line) => {
    said.push(line);
    if (line.startsWith('Password:')) resolve();
  });
  let complaints = '';
  const listen = (chunk: Buffer) => {
    complaints += chunk;
  };
  // Its log; later lines are dropped.
  child.stderr?.on('data', listen);
  const fail = (how: string) => reject(new Error(`the endpoint ${how}: ${complaints.trim()}`));
  const timer = setTimeout(() => fail('did not start in time'), START_LIMIT_MS);
  child.once('error', reject);
  child.once('exit', () => fail('ended'));
  try {
    await promise;
  } finally {
    clearTimeout(timer);
    child.stderr?.off('data', listen).resume();
  }
  return {
    url: find(/serves (https:\S+?),/),
    user: find(/^User: (\S+)/),
    password: find(/^Password: (\S+) \(shown/),
  };
}
