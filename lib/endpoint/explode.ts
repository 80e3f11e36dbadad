import { execFile } from 'node:child_process';
import { dirname } from 'node:path';
import { promisify } from 'node:util';
import { ModelError, type ModelErrorDetails } from '../models/index.ts';

const LIMIT_MS = 10 * 60_000;
const run = promisify(execFile);

/**
 * Unpacks an archive next to itself: with bsdtar, which knows nearly every format, else with tar. Throws ModelError 400
 * with what the program said.
 */
export async function explode(
  archive: string,
  details: ModelErrorDetails,
  signal: AbortSignal,
): Promise<void> {
  const refusals: string[] = [];
  for (const program of ['bsdtar', 'tar']) {
    try {
      await run(program, ['-xf', archive], { cwd: dirname(archive), timeout: LIMIT_MS, signal });
      return;
    } catch (error) {
      const { code, stderr, message } = error as NodeJS.ErrnoException & { stderr?: string };
      if (code === 'ENOENT') refusals.push(`${program} is not installed`);
      else refusals.push(`${program}: ${(stderr || message).trim()}`);
      if (code !== 'ENOENT') break;
    }
  }
  throw new ModelError(400, ['explode: the archive cannot be unpacked', ...refusals], details);
}
