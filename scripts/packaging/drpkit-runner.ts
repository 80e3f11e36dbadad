/** Builds the Node.js executable with which scripts/drpkit runs drpkit. */
import { execFile } from 'node:child_process';
import { mkdir, rename, rm, stat, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { build } from 'esbuild';

/** Relative to the project. */
const FILE = '.build/drpkit-node';
const LIMIT_MS = 120_000;
const PARTS = ['start-checkout.cjs', 'archive.cjs', 'drpkit-runner.ts'];

/**
 * Makes a single executable application of the current Node.js with start-checkout.cjs. Skipped when it is newer than
 * its inputs or another process is building it. Not on macOS, where it would have to be signed: drpkit starts without
 * it there.
 */
export async function makeRunner(root: string): Promise<void> {
  if (process.platform !== 'linux') return;
  const runner = join(root, FILE);
  const parts = [process.execPath, ...PARTS.map((part) => join(import.meta.dirname, part))];
  const [made, ...changes] = await Promise.all([changed(runner).catch(() => 0), ...parts.map(changed)]);
  if (made > Math.max(...changes)) return;

  const folder = join(dirname(runner), 'runner');
  if (!(await begin(folder))) return;
  try {
    await build({
      entryPoints: [join(import.meta.dirname, 'start-checkout.cjs')],
      outfile: join(folder, 'main.cjs'),
      bundle: true,
      platform: 'node',
      format: 'cjs',
      logLevel: 'silent',
    });
    const config = {
      main: join(folder, 'main.cjs'),
      output: join(folder, 'node'),
      executable: process.execPath,
      disableExperimentalSEAWarning: true,
      useCodeCache: true,
      // Enough memory that a start needs no garbage collection; and Node.js does not verify its own snapshot.
      execArgv: ['--min-semi-space-size=16', '--no-verify-snapshot-checksum'],
    };
    await writeFile(join(folder, 'config.json'), JSON.stringify(config));
    await promisify(execFile)(process.execPath, ['--build-sea', join(folder, 'config.json')], {
      timeout: LIMIT_MS,
    });
    await rename(config.output, runner);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Creates the folder as a lock. A folder left by a killed process expires. */
async function begin(folder: string): Promise<boolean> {
  const since = await changed(folder).catch(() => undefined);
  if (since !== undefined && Date.now() - since > LIMIT_MS)
    await rm(folder, { recursive: true, force: true });
  return mkdir(folder).then(
    () => true,
    () => false,
  );
}

/** When a file was last put in place, in ms: the time of the inode change, not its modification time. */
async function changed(path: string): Promise<number> {
  return (await stat(path)).ctimeMs;
}
