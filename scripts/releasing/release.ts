import { createWriteStream } from 'node:fs';
import { copyFile, rm, stat, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { constants, createZstdCompress } from 'node:zlib';
import { addBuild, buildCatalog, fileSum } from '../../lib/catalog/index.ts';
import { makeFolder } from '../../lib/files/index.ts';
import { megabytes } from '../packaging/megabytes.ts';
import type { Target } from '../packaging/target.ts';
import { sign } from './sign.ts';
import { type Entry, tar } from './tar.ts';

const CATALOG = 'rebar-catalog';
/** Higher levels take minutes and save little for machine code. */
const LEVEL = 12;
/**
 * Window as a power of two: larger than an executable, since all contain the same Node.js. It is the largest that zstd
 * unpacks by default.
 */
const WINDOW = 27;

export interface ReleaseOptions {
  /** The output folder of scripts/build, with all providers as links to one executable. */
  bin: string;
  /** Folder of the release. It is recreated. */
  out: string;
  targets: readonly Target[];
  /** Names of providers, and of other executables. */
  providers: readonly string[];
  tools: readonly string[];
  /** Files to include in every archive: the licenses. */
  documents: readonly string[];
  /** Time of archive entries in seconds since 1970. */
  time: number;
  /** Future URL of the catalog's folder; without it Sources are relative. */
  url?: string;
  /** File with an OpenSSH key; without it nothing is signed. */
  key?: string;
  report: (line: string) => void;
  signal: AbortSignal;
}

/**
 * Assembles the folder of a release: for each target an archive of the providers and one of the other executables, the
 * catalog with its files, the bill of materials and the licenses, SHA256SUMS, and its signature. Throws an Error that
 * says what went wrong.
 */
export async function makeRelease(options: ReleaseOptions): Promise<void> {
  const { bin, out, targets, documents, url, key, report, signal } = options;
  await rm(out, { recursive: true, force: true });
  await makeFolder(out);
  const files: string[] = [];
  for (const file of [join(bin, 'SBOM.cdx.json'), ...documents]) {
    await copyFile(file, join(out, basename(file)));
    files.push(basename(file));
  }
  for (const target of targets) {
    for (const [kind, names] of [
      ['providers', options.providers],
      ['tools', options.tools],
    ] as const) {
      const name = `${kind}-${target.name.replace('/', '-')}.tar.zst`;
      await archive(join(out, name), await entriesOf(join(bin, target.name), names, documents), options);
      report(`${name}: ${megabytes((await stat(join(out, name))).size)}`);
      files.push(name);
    }
  }

  const catalog = join(out, CATALOG);
  await addBuild(bin, catalog, { report: () => {}, signal });
  const { items } = await buildCatalog(catalog, { url, name: 'rackn-catalog', signal });
  files.push(`${CATALOG}/rackn-catalog.json`);
  report(`${CATALOG}/rackn-catalog.json: ${items.size} items`);

  const lines: string[] = [];
  for (const file of files.sort()) lines.push(`${await fileSum(join(out, file))}  ${file}\n`);
  const sums = join(out, 'SHA256SUMS');
  await writeFile(sums, lines.join(''));
  if (key === undefined) report('SHA256SUMS: not signed, no --key was given');
  else {
    await sign(sums, key);
    report('SHA256SUMS.sig: signed');
  }
}

/** The entries of an archive: each file once, and its other names as links. */
async function entriesOf(
  folder: string,
  names: readonly string[],
  documents: readonly string[],
): Promise<Entry[]> {
  const entries: Entry[] = documents.map((file) => ({ name: basename(file), file, mode: 0o644 }));
  const byInode = new Map<number, string>();
  for (const name of names) {
    const file = join(folder, name);
    const { ino } = await stat(file);
    const first = byInode.get(ino);
    entries.push(first === undefined ? { name, file, mode: 0o755 } : { name, linkTo: first });
    byInode.set(ino, first ?? name);
    const toml = `${name}.plugin.toml`;
    const isThere = await stat(join(folder, toml)).catch(() => undefined);
    if (isThere !== undefined) entries.push({ name: toml, file: join(folder, toml), mode: 0o644 });
  }
  return entries;
}

async function archive(
  file: string,
  entries: readonly Entry[],
  { time, signal }: ReleaseOptions,
): Promise<void> {
  const compress = createZstdCompress({
    params: {
      [constants.ZSTD_c_compressionLevel]: LEVEL,
      [constants.ZSTD_c_windowLog]: WINDOW,
      [constants.ZSTD_c_enableLongDistanceMatching]: 1,
      [constants.ZSTD_c_checksumFlag]: 1,
    },
  });
  await pipeline(Readable.from(tar(entries, time)), compress, createWriteStream(file), { signal });
}
