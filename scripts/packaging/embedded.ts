import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Metafile } from 'esbuild';
import { licenseText } from './license-text.ts';

/** A package of which something is in an executable. */
export interface EmbeddedPackage {
  name: string;
  version: string;
  /** The SPDX expression in its package.json; empty when it has none. */
  license: string;
  /** SHA-512 of its archive in hex, as package-lock.json pins it; absent where that does not know the package. */
  sha512?: string;
  /** What its licence asks to be passed on. */
  text: string;
}

/** What is read of a package-lock.json: for each folder below the project, which archive it was made of. */
interface Lock {
  packages?: Record<string, { integrity?: string }>;
}

/** The kit is listed among the packages of a project that uses it, not among its own. */
const KIT = 'drp-plugins';

/**
 * The packages whose code esbuild put into an output, by name and version. What is imported and then left out for being
 * unused does not count. `root` is the folder that the paths in `metafile` begin at.
 */
export async function embeddedPackages(metafile: Metafile, root: string): Promise<EmbeddedPackage[]> {
  const folders = new Set<string>();
  for (const { inputs } of Object.values(metafile.outputs)) {
    for (const [path, { bytesInOutput }] of Object.entries(inputs)) {
      const folder = /^(.*node_modules\/(?:@[^/]+\/)?[^/]+)\//.exec(path)?.[1];
      if (folder !== undefined && bytesInOutput > 0) folders.add(folder);
    }
  }
  const text = await readFile(join(root, 'package-lock.json'), 'utf8').catch(() => '{}');
  const lock = JSON.parse(text) as Lock;
  const found = new Map<string, EmbeddedPackage>();
  for (const folder of folders) {
    const one = await packageIn(join(root, folder), lock.packages?.[folder]?.integrity);
    if (one.name !== KIT) found.set(`${one.name}@${one.version}`, one);
  }
  return [...found].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, one]) => one);
}

/** The package in a folder. `integrity` is what npm says of its archive (`sha512-BASE64`). */
export async function packageIn(folder: string, integrity: string | undefined): Promise<EmbeddedPackage> {
  const manifest: unknown = JSON.parse(await readFile(join(folder, 'package.json'), 'utf8'));
  const { name, version, license, author } = manifest as Record<string, unknown>;
  const about = { name: String(name), version: String(version), license: String(license ?? '') };
  const [algorithm, sum = ''] = integrity?.split('-') ?? [];
  return {
    ...about,
    ...(algorithm === 'sha512' && { sha512: Buffer.from(sum, 'base64').toString('hex') }),
    text: await licenseText(folder, about.license, author),
  };
}
