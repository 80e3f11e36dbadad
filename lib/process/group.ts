import { type ChildProcess, type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';

/** Between SIGTERM and SIGKILL, and between SIGKILL and giving up on a process that nothing can end. */
export const KILL_GRACE_MS = 1_000;
/** Between the end of a child and that of its output: more is a process that it left behind, which has its pipes. */
export const OUTPUT_GRACE_MS = 250;

/**
 * Starts a program as the leader of a session and process group of its own. Returns the error when it cannot; others are
 * emitted, since spawn throws some of its errors and emits the rest.
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

/** With no descriptor left for its pipes a child has none, whatever the types say. */
export function hasPipes(child: Pick<ChildProcess, 'stdin'>): boolean {
  return child.stdin !== undefined && child.stdin !== null;
}

/** Signals a child and all of its group. */
export function killGroup(child: ChildProcess, signal: NodeJS.Signals): void {
  if (child.pid === undefined) return;
  try {
    process.kill(-child.pid, signal);
  } catch {
    // The group is gone already.
  }
}
