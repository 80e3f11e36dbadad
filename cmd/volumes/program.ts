import { ModelError } from '../../lib/models/index.ts';
import { runChild } from '../../lib/process/index.ts';

/** Time limit in ms. Docker waits two minutes for a volume to be created or mounted. */
const LIMIT_MS = 100_000;
/** Folders of file-system programs, which a service may not have in its PATH. */
export const PROGRAMS = '/usr/sbin:/usr/bin:/sbin:/bin';

/**
 * Runs a program and returns its output. Throws ModelError: 501 when it is missing, 502 with its message when it fails,
 * 503 after an abort, 504 after the time limit.
 */
export async function runProgram(
  name: string,
  args: readonly string[],
  signal: AbortSignal = new AbortController().signal,
): Promise<string> {
  const end = await runChild(name, args, {
    env: { PATH: PROGRAMS, LC_ALL: 'C' },
    timeLimitMs: LIMIT_MS,
    signal,
  });
  switch (end.how) {
    case 'unstartable':
      throw new ModelError(501, `${name} cannot be started: ${end.error?.message}`);
    case 'time limit':
      throw new ModelError(504, `${name}: not done after ${LIMIT_MS / 1000} s`);
    case 'abort':
      throw new ModelError(503, `${name}: cancelled`);
  }
  if (end.code === 0) return end.stdout;
  const words = end.stderr.trim().split('\n')[0] || `exit code ${end.code}`;
  throw new ModelError(502, words.startsWith(`${name}: `) ? words : `${name}: ${words}`);
}
