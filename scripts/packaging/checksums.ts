import { createHash } from 'node:crypto';
import { glob, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { writeWhole } from '../../lib/files/index.ts';

/**
 * Writes `bin/SHA256SUMS` under `root`, in the format of `sha256sum -c` run in bin/: a line for each executable in
 * bin/OS/ARCH/, sorted by path. `known` has checksums by path that need not be computed. Returns all checksums.
 */
export async function writeChecksums(
  root: string,
  known: ReadonlyMap<string, string>,
): Promise<ReadonlyMap<string, string>> {
  const bin = join(root, 'bin');
  const paths = [];
  for await (const path of glob('*/*/*', { cwd: bin })) if (!path.endsWith('.plugin.toml')) paths.push(path);
  const sums = new Map<string, string>();
  for (const path of paths.sort()) {
    const sum =
      known.get(path) ??
      createHash('sha256')
        .update(await readFile(join(bin, path)))
        .digest('hex');
    sums.set(path, sum);
  }
  const lines = [...sums].map(([path, sum]) => `${sum}  ${path}\n`);
  await writeWhole(join(bin, 'SHA256SUMS'), lines.join(''));
  return sums;
}
