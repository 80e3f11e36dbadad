import { type ChildProcess, type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';

/** Pause in ms between SIGTERM and SIGKILL, and between SIGKILL and giving up. */
export const KILL_GRACE_MS = 1_000;
/**
 * How long in ms to wait for output after the end of a child. After that, its pipes are held by a process that it left
 * behind.
 */
export const OUTPUT_GRACE_MS = 250;

/**
 * Starts a program as leader of a new session and process group. Returns the error when that fails synchronously; other
 * errors are emitted.
 */
export function start(
  file: string,
  args: readonly string[],
  options: { env: Record<string, string>; cwd?: string },
): ChildProcessWithoutNullStreams | Error {
  try {
    return spawn(file, args, { ...options, detached: true, stdio: ['pipe', 'pipe', 'pipe'] });
  } catch (error) {
    return error instanceof Error ? error : new Error(String(error));
  }
}

/** Whether the child has pipes. Without free descriptors it has none, contrary to the types. */
export function hasPipes(child: Pick<ChildProcess, 'stdin'>): boolean {
  return child.stdin !== undefined && child.stdin !== null;
}

/** Signals a child and its whole group. */
export function killGroup(child: ChildProcess, signal: NodeJS.Signals): void {
  if (child.pid === undefined) return;
  try {
    process.kill(-child.pid, signal);
  } catch {
    // The group has ended.
  }
}
