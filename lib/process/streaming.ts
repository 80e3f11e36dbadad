import { hasPipes, KILL_GRACE_MS, killGroup, OUTPUT_GRACE_MS, start } from './group.ts';
import { startGuarded } from './orphan-guard.ts';

/** What became of a program whose output was passed on. */
export interface StreamingEnd {
  /** `exit`: by itself. The others: killed, and why. `unstartable`: there was no process to be had for it. */
  how: 'exit' | 'time limit' | 'abort' | 'unstartable';
  /** Exit code; null when a signal ended it. Of a program that is not there 127, of one that may not be run 126. */
  code: number | null;
  /** Why it could not be started. */
  error?: Error;
}

export interface StreamingOptions {
  /** The program's whole environment. */
  env: Record<string, string>;
  cwd?: string;
  timeLimitMs: number;
  signal: AbortSignal;
  /** Gets what it writes to stdout and stderr, in the order in which it does. No more is read before it is done. */
  onOutput(chunk: Uint8Array): void | Promise<void>;
}

/**
 * Waits to be told to go on: it must not begin before it is known to what ends it with this process. Both outputs go into one
 * pipe: with two, their order would be lost.
 */
const BEGIN = 'read -r _ || exit 125; exec "$0" "$@" 2>&1';

/**
 * Runs a program for as long as it takes, and passes on what it writes. Never rejects. Like those of `runChild`, it has no
 * terminal and no input, leads a process group, is killed with all of it, and does not outlive this process. What it leaves
 * behind when it ends by itself goes on.
 */
export function runStreaming(
  file: string,
  args: readonly string[],
  { env, cwd, timeLimitMs, signal, onOutput }: StreamingOptions,
): Promise<StreamingEnd> {
  const { promise, resolve } = Promise.withResolvers<StreamingEnd>();
  let how: StreamingEnd['how'] = 'exit';
  let killTimer: NodeJS.Timeout | undefined;
  let outputTimer: NodeJS.Timeout | undefined;
  // The program becomes what the shell was, so that there is one process.
  const child = startGuarded(() => start('/bin/sh', ['-c', BEGIN, file, ...args], { env, cwd }));
  if (child instanceof Error) return Promise.resolve({ how: 'unstartable', code: null, error: child });

  const finish = (code: number | null, error?: Error) => {
    clearTimeout(limit);
    clearTimeout(killTimer);
    clearInterval(outputTimer);
    signal.removeEventListener('abort', onAbort);
    // All of the group was to end.
    if (how !== 'exit') killGroup(child, 'SIGKILL');
    resolve({ how, code, error });
  };
  const end = (reason: StreamingEnd['how']) => {
    if (how !== 'exit') return;
    how = reason;
    killGroup(child, 'SIGTERM');
    killTimer = setTimeout(() => {
      killGroup(child, 'SIGKILL');
      killTimer = setTimeout(() => {
        child.stdout.destroy();
        child.unref();
        finish(null);
      }, KILL_GRACE_MS);
    }, KILL_GRACE_MS);
  };
  const onAbort = () => end('abort');
  const limit = setTimeout(() => end('time limit'), timeLimitMs);
  child.on('error', (error) => {
    if (child.pid !== undefined) return;
    how = 'unstartable';
    finish(null, error);
  });
  if (!hasPipes(child)) return promise;
  child.stdin.on('error', () => {});
  child.stdin.end('\n');
  child.stderr.resume();
  let quiet = 0;
  let passing = Promise.resolve();
  child.stdout.on('data', (chunk: Buffer) => {
    quiet = 0;
    child.stdout.pause();
    passing = passing
      .then(() => onOutput(chunk))
      .catch(() => {})
      .finally(() => child.stdout.resume());
  });
  child.on('close', (code) => void passing.then(() => finish(code)));
  child.on('exit', (code) => {
    // Twice without output while it is listened to: a timer that is late comes before output that is there to be read.
    outputTimer = setInterval(() => {
      quiet = child.stdout.isPaused() ? 0 : quiet + 1;
      if (quiet < 2) return;
      child.stdout.destroy();
      child.stderr.destroy();
      void passing.then(() => finish(code));
    }, OUTPUT_GRACE_MS);
  });
  signal.addEventListener('abort', onAbort);
  if (signal.aborted) onAbort();
  return promise;
}
