/** Makes the archive that scripts/drpkit.cjs runs drpkit from. Its argument is the file. */
import { rename, rm, stat, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { archiveOf } from './archive.ts';
import { scriptsOf } from './bundle.ts';

/** How exact the times of files are, in milliseconds. */
const TICK_MS = 20;

/** What else the archive depends on. npm writes its own lock file whenever it changes something in node_modules. */
const ALSO = [
  'package.json',
  'package-lock.json',
  'tsconfig.json',
  'node_modules/.package-lock.json',
  'scripts/drpkit.cjs',
  ...['archive.cjs', 'archive.ts', 'bundle.ts', 'drpkit-archive.ts'].map(
    (file) => `scripts/packaging/${file}`,
  ),
];

const root = join(import.meta.dirname, '..', '..');
const { stateOf } = createRequire(import.meta.url)('./archive.cjs') as { stateOf(path: string): string };

async function main(file: string): Promise<void> {
  const begun = Date.now();
  const scripts = await scriptsOf(root, 'drpkit');
  const inputs: Record<string, string> = {};
  for (const path of [...scripts.inputs.filter((input) => !input.startsWith('node_modules/')), ...ALSO]) {
    inputs[path] = stateOf(join(root, path));
    const { ctimeMs = 0 } = await stat(join(root, path)).catch(() => ({ ctimeMs: 0 }));
    if (ctimeMs >= begun - TICK_MS) throw new Error(`${path} was changed while it was read`);
  }
  // Others may be at it, too: each makes a file of its own, and the last one stays.
  const unfinished = `${file}.${process.pid}`;
  try {
    await writeFile(unfinished, archiveOf(scripts, { inputs }));
    await rename(unfinished, file);
  } finally {
    await rm(unfinished, { force: true });
  }
}

await main(process.argv[2] ?? '');
