import { type ChildProcess, spawn } from 'node:child_process';
import { setTimeout as delay } from 'node:timers/promises';
import { ModelError } from '../../models/index.ts';

export interface LaunchOptions {
  /** The endpoint's own working folder unless given. */
  cwd?: string;
  env: NodeJS.ProcessEnv;
  /** `null`: /dev/null. `closed`: a pipe at its end. As recorded: define and unpack have the first, listen the second. */
  stdin: 'null' | 'closed';
  signal?: AbortSignal;
}

const BUSY_ATTEMPTS = 20;
const BUSY_PAUSE_MS = 50;
const LEFT_OPEN_MS = 500;

/**
 * Runs a provider as the leader of a process group of its own, so that what it starts (ipmitool, say) can be ended
 * with it, and so that a Ctrl-C at the endpoint does not reach it past the orderly stop.
 *
 * An executable that is still open for writing (ETXTBSY) is tried again for a second: it was just copied, or
 * another child of this process briefly holds the descriptor. Throws ModelError when it cannot be run.
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

/** Not even an endpoint that crashes leaves providers behind. */
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

/** Sends `signal` to the process and all of its group that is left. */
export function signalGroup(child: ChildProcess, signal: NodeJS.Signals): void {
  if (child.pid === undefined) return;
  try {
    process.kill(-child.pid, signal);
  } catch {
    // ESRCH: nothing is left of it.
  }
}

/**
 * For a process that has exited: ends what is left of its group, which would hold its pipes open, and closes the
 * pipes for the one that has left the group. `close` follows on the child once all that it printed is read.
 */
export function endOutput(child: ChildProcess): void {
  signalGroup(child, 'SIGKILL');
  const timer = setTimeout(() => {
    child.stdout?.destroy();
    child.stderr?.destroy();
  }, LEFT_OPEN_MS);
  child.once('close', () => clearTimeout(timer));
}

/** How a process ended, for people. */
export function ending(code: number | null, signal: NodeJS.Signals | null): string {
  return signal === null ? `exited with code ${code}` : `was ended by ${signal}`;
}
