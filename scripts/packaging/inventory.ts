import { readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { makeFolder, writeWhole } from '../../lib/files/index.ts';
import type { Contents, Inventory } from './contents.ts';
import { licenses } from './licenses.ts';
import { sbom } from './sbom.ts';

/**
 * Writes `bin/SBOM.cdx.json` and `bin/THIRD_PARTY_LICENSES` under `root` for all executables in bin/. `made` are the
 * new ones with their contents, which are cached in .build/embedded; `sums` are the checksums of all. Reports
 * executables of other builds, whose contents are unknown.
 */
export async function writeInventory(
  root: string,
  made: Inventory,
  sums: ReadonlyMap<string, string>,
  report: (line: string) => void,
): Promise<void> {
  const record = (path: string) => join(root, '.build', 'embedded', `${path}.json`);
  for (const [path, contents] of made) {
    await makeFolder(dirname(record(path)));
    await writeWhole(record(path), JSON.stringify(contents));
  }
  const inventory = new Map<string, Contents>();
  for (const [path, sum] of sums) {
    const contents = made.get(path) ?? (await readRecord(record(path)));
    if (contents?.sum === sum) inventory.set(path, contents);
    else report(`bin/${path}: not in SBOM.cdx.json, another build made it`);
  }
  const manifest: unknown = JSON.parse(await readFile(join(root, 'package.json'), 'utf8'));
  const { name, license } = manifest as Record<string, unknown>;
  const bin = join(root, 'bin');
  await makeFolder(bin);
  await writeWhole(
    join(bin, 'SBOM.cdx.json'),
    sbom(String(name ?? 'executables'), String(license ?? ''), inventory),
  );
  await writeWhole(join(bin, 'THIRD_PARTY_LICENSES'), licenses(inventory));
}

async function readRecord(file: string): Promise<Contents | undefined> {
  const text = await readFile(file, 'utf8').catch(() => undefined);
  return text === undefined ? undefined : (JSON.parse(text) as Contents);
}
