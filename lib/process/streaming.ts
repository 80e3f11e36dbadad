import { hasPipes, killGroup, start } from './group.ts';
import { type Ending, Lifetime } from './lifetime.ts';
import { startGuarded } from './orphan-guard.ts';
import { startTurn } from './start-turn.ts';

/** The end of a program whose output was forwarded. */
export interface StreamingEnd {
  /** `exit`: by itself. `unstartable`: no process could be made. Others: it was killed, and why. */
  how: Ending;
  /** Exit code; null after a signal. 127 when the program does not exist, 126 when it may not be run. */
  code: number | null;
  /** Why it could not be started. */
  error?: Error;
}

export interface StreamingOptions {
  /** The program's complete environment. */
  env: Record<string, string>;
  cwd?: string;
  timeLimitMs: number;
  signal: AbortSignal;
  /** Called with stdout and stderr in order. No more is read until its promise resolves. */
  onOutput(chunk: Uint8Array): void | Promise<void>;
}

/**
 * Waits for a line on stdin, so that the program does not run before the orphan guard knows it. Both outputs go into
 * one pipe, since two would lose their order.
 */
const BEGIN = 'read -r _ || exit 125; exec "$0" "$@" 2>&1';

/**
 * Runs a program and forwards its output as it arrives. Never rejects. As in `runChild`, it has no terminal and no
 * input, leads a process group, and is killed with it and with this process. Processes that it leaves behind when it
 * exits continue.
 */
export async function runStreaming(
  file: string,
  args: readonly string[],
  { env, cwd, timeLimitMs, signal, onOutput }: StreamingOptions,
): Promise<StreamingEnd> {
  await startTurn();
  if (signal.aborted) return { how: 'abort', code: null };
  const { promise, resolve } = Promise.withResolvers<StreamingEnd>();
  // `exec` replaces the shell, so that there is only one process.
  const child = startGuarded(() => start('/bin/sh', ['-c', BEGIN, file, ...args], { env, cwd }));
  if (child instanceof Error) return { how: 'unstartable', code: null, error: child };

  const life = new Lifetime(child, { timeLimitMs, signal }, (ended) => {
    // After a kill nothing of the group may remain.
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
