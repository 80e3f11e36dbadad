import { glob } from 'node:fs/promises';
import { join } from 'node:path';
import { fileSum } from '../../lib/catalog/file-sum.ts';
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
    sums.set(path, known.get(path) ?? (await fileSum(join(bin, path))));
  }
  const lines = [...sums].map(([path, sum]) => `${sum}  ${path}\n`);
  await writeWhole(join(bin, 'SHA256SUMS'), lines.join(''));
  return sums;
}
