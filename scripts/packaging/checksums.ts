import { createHash } from 'node:crypto';
import { glob, readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

/**
 * Writes `bin/SHA256SUMS` under `root`, in the form that `sha256sum -c` reads from inside bin/: one line for every
 * executable in bin/OS/ARCH/, sorted by path. `known` has sums, by path as in the file, that need not be taken again.
 */
export async function writeChecksums(root: string, known: ReadonlyMap<string, string>): Promise<void> {
  const bin = join(root, 'bin');
  const paths = [];
  for await (const path of glob('*/*/*', { cwd: bin })) paths.push(path);
  const lines = [];
  for (const path of paths.sort()) {
    const sum =
      known.get(path) ??
      createHash('sha256')
        .update(await readFile(join(bin, path)))
        .digest('hex');
    lines.push(`${sum}  ${path}\n`);
  }
  const unfinished = join(bin, `SHA256SUMS.${process.pid}`);
  await writeFile(unfinished, lines.join(''));
  await rename(unfinished, join(bin, 'SHA256SUMS'));
}
