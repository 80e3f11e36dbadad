import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Metafile } from 'esbuild';
import { licenseText } from './license-text.ts';

/** A package with code in an executable. */
export interface EmbeddedPackage {
  name: string;
  version: string;
  /** SPDX expression of its package.json; empty if its package.json has no license. */
  license: string;
  /** SHA-512 of its archive in hex from package-lock.json; absent for unknown packages. */
  sha512?: string;
  /** The license texts that must be passed on. */
  text: string;
}

/** The used part of package-lock.json: the archive of each installed folder. */
interface Lock {
  packages?: Record<string, { integrity?: string }>;
}

/** The kit counts as a package in a project that uses it, but not in itself. */
const KIT = 'drp-plugins';

/**
 * The packages whose code esbuild put into an output, by name and version. Unused imports do not count. Paths in
 * `metafile` are relative to `root`.
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

/** The package in a folder. `integrity` is npm's hash of its archive (`sha512-BASE64`). */
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
