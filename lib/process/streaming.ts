import { hasPipes, killGroup, start } from './group.ts';
import { type Ending, Lifetime } from './lifetime.ts';
import { startGuarded } from './orphan-guard.ts';
import { startTurn } from './start-turn.ts';

/** What became of a program whose output was passed on. */
export interface StreamingEnd {
  /** `exit`: by itself. The others: killed, and why. `unstartable`: there was no process to be had for it. */
  how: Ending;
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
export async function runStreaming(
  file: string,
  args: readonly string[],
  { env, cwd, timeLimitMs, signal, onOutput }: StreamingOptions,
): Promise<StreamingEnd> {
  await startTurn();
  if (signal.aborted) return { how: 'abort', code: null };
  const { promise, resolve } = Promise.withResolvers<StreamingEnd>();
  // The program becomes what the shell was, so that there is one process.
  const child = startGuarded(() => start('/bin/sh', ['-c', BEGIN, file, ...args], { env, cwd }));
  if (child instanceof Error) return { how: 'unstartable', code: null, error: child };

  const life = new Lifetime(child, { timeLimitMs, signal }, (ended) => {
    // All of the group was to end.
    if (ended.how !== 'exit') killGroup(child, 'SIGKILL');
    resolve(ended);
  });
  if (!hasPipes(child)) return promise;
  child.stdin.on('error', () => {});
  child.stdin.end('\n');
  child.stderr.resume();
  let isBusy = false;
  let passing = Promise.resolve();
  child.stdout.on('data', (chunk: Buffer) => {
    isBusy = true;
    child.stdout.pause();
    passing = passing
      .then(() => onOutput(chunk))
      .catch(() => {})
      .finally(() => child.stdout.resume());
  });
  child.on('close', (code) => void passing.then(() => life.finish(code)));
  child.on('exit', (code) => {
    const wasBusy = () => {
      const was = isBusy || child.stdout.isPaused();
      isBusy = false;
      return was;
    };
    life.whenQuiet(wasBusy, () => {
      child.stdout.destroy();
      child.stderr.destroy();
      void passing.then(() => life.finish(code));
    });
  });
  return promise;
}
