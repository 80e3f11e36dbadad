import { type ChildProcess, spawn } from 'node:child_process';
import { setTimeout as delay } from 'node:timers/promises';
import { ModelError } from '../../models/index.ts';

export interface LaunchOptions {
  /** Default: the endpoint's working folder. */
  cwd?: string;
  env: NodeJS.ProcessEnv;
  /**
   * `null`: /dev/null. `closed`: a pipe that is closed. As in recordings of dr-provision, define and unpack get the
   * first, listen the second.
   */
  stdin: 'null' | 'closed';
  signal?: AbortSignal;
}

const BUSY_ATTEMPTS = 20;
const BUSY_PAUSE_MS = 50;
const LEFT_OPEN_MS = 500;

/**
 * Runs a provider as leader of its own process group, so that its children (ipmitool, for instance) can be killed with
 * it, and so that a Ctrl-C for the endpoint does not bypass the orderly stop.
 *
 * When the executable is open for writing (ETXTBSY), tries again for a second: it was just copied, or another child of
 * this process has inherited the descriptor. Throws ModelError when it cannot be run.
 */
export async function launch(
  file: string,
  args: readonly string[],
  options: LaunchOptions,
): Promise<ChildProcess> {
  for (let attempt = 1; ; attempt += 1) {
    if (options.signal?.aborted) throw new ModelError(503, 'was cancelled before it was run');
    try {
      return await attemptLaunch(file, args, options);
    } catch (cause) {
      const code = cause instanceof Error && 'code' in cause ? cause.code : undefined;
      if (code !== 'ETXTBSY' || attempt === BUSY_ATTEMPTS)
        throw new ModelError(500, `cannot be run: ${cause instanceof Error ? cause.message : cause}`, {
          cause,
        });
    }
    await delay(BUSY_PAUSE_MS);
  }
}

function attemptLaunch(file: string, args: readonly string[], options: LaunchOptions): Promise<ChildProcess> {
  const { promise, resolve, reject } = Promise.withResolvers<ChildProcess>();
  const child = spawn(file, args, {
    cwd: options.cwd,
    env: options.env,
    stdio: [options.stdin === 'null' ? 'ignore' : 'pipe', 'pipe', 'pipe'],
    detached: true,
  });
  child.stdin?.on('error', () => {});
  child.stdin?.destroy();
  child.once('spawn', () => {
    track(child);
    resolve(child);
  });
  child.once('error', reject);
  return promise;
}

const alive = new Set<ChildProcess>();

/** Kills the process at exit, even when the endpoint crashes. */
function track(child: ChildProcess): void {
  if (alive.size === 0) process.on('exit', killAll);
  alive.add(child);
  child.once('exit', () => {
    alive.delete(child);
    if (alive.size === 0) process.off('exit', killAll);
  });
}

function killAll(): void {
  for (const child of alive) signalGroup(child, 'SIGKILL');
}

/** Sends `signal` to the process and the rest of its group. */
export function signalGroup(child: ChildProcess, signal: NodeJS.Signals): void {
  if (child.pid === undefined) return;
  try {
    process.kill(-child.pid, signal);
  } catch {
    // ESRCH: the group is gone.
  }
}

/**
 * For a process that has exited: kills the rest of its group, which could keep its pipes open, and closes the pipes in
 * case a process has left the group. The child emits `close` when its remaining output has been read.
 */
export function endOutput(child: ChildProcess): void {
  signalGroup(child, 'SIGKILL');
  const timer = setTimeout(() => {
    child.stdout?.destroy();
    child.stderr?.destroy();
  }, LEFT_OPEN_MS);
  child.once('close', () => clearTimeout(timer));
}

/** How a process ended, as text for messages. */
export function ending(code: number | null, signal: NodeJS.Signals | null): string {
  return signal === null ? `exited with code ${code}` : `was ended by ${signal}`;
}
