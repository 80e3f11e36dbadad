/** Makes the Node.js that scripts/drpkit runs drpkit with. */
import { execFile } from 'node:child_process';
import { mkdir, rename, rm, stat, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { build } from 'esbuild';

/** Below the folder of the project. */
const FILE = '.build/drpkit-node';
const LIMIT_MS = 60_000;
const PARTS = ['start-checkout.cjs', 'archive.cjs', 'drpkit-runner.ts'];

/**
 * Makes a single executable of the Node.js that runs this process, with start-checkout.cjs in it. Where there is one that is
 * newer than what it is made of, or another process makes one, that will do. None for macOS, where it would have to be signed: there drpkit starts without.
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
      // With room for what a start makes, so that nothing of it is collected meanwhile; Node.js's own file is not checked for damage.
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

/** Makes the folder, if no other process is at it. One that was killed at it leaves a folder that is old. */
async function begin(folder: string): Promise<boolean> {
  const since = await changed(folder).catch(() => undefined);
  if (since !== undefined && Date.now() - since > LIMIT_MS)
    await rm(folder, { recursive: true, force: true });
  return mkdir(folder).then(
    () => true,
    () => false,
  );
}

/** When a file was changed last, in milliseconds: put into its place, that is, rather than what it says of its own age. */
async function changed(path: string): Promise<number> {
  return (await stat(path)).ctimeMs;
}
