import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { delimiter, dirname, extname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { archiveOf } from './archive.ts';
import type { Base } from './base.ts';
import type { Bundle } from './bundle.ts';
import { isNative, type Target } from './target.ts';

const run = promisify(execFile);

/** These programs are TypeScript in a checkout, and JavaScript in the package. */
const EXTENSION = extname(import.meta.filename);

/**
 * New objects get half of the heap that V8 would give them at most: under load a plugin then keeps 110 MB in place of
 * 150, in the same time (docs/performance.md). And as much at once as a start makes: to collect garbage meanwhile takes 3 ms,
 * and 3 ms more to find out how fast the processor's clock is, for which V8 sleeps. Only options that V8 does not count among those which code depends on: with
 * others Node.js would not accept the code cache of its own modules, which takes 10 ms of each start.
 */
export const V8_OPTIONS = ['--max-semi-space-size=8', '--min-semi-space-size=4'];

/** What pack.ts is told. */
export interface PackJob {
  /** Absolute path of the base executable. */
  base: string;
  /** Holds the script and the assets, which seaConfig names relative to it. */
  folder: string;
  script: string;
  output: string;
  pkgPlatform: Target['pkgPlatform'];
  arch: Target['arch'];
  sign: boolean;
  seaConfig: ReturnType<typeof seaConfig>;
  /** What the executable's V8 runs with: the code cache has to be made with the same. */
  v8Options: readonly string[];
}

/** Where one executable goes, and what has been found out about it. */
export interface Executable {
  path: string;
  /** SHA-256 of the file, in hex. */
  sum: string;
  /** False when the file that was there is what would have been made. */
  built: boolean;
  /** Set for macOS when nothing here could sign it. */
  unsigned: boolean;
}

/**
 * Makes `OS/ARCH/NAME` in a folder, `bin` unless told, of `root` from a bundle and a base, unless it is there and was made
 * from the same ones. Throws an Error with pkg's output when pkg fails.
 */
export async function makeExecutable(
  root: string,
  name: string,
  target: Target,
  { script, assets, scripts }: Bundle,
  base: Base,
  place = 'bin',
): Promise<Executable> {
  const path = join(root, place, target.name, name);
  const config = seaConfig(name, target, [
    ...Object.keys(assets),
    ...(scripts === undefined ? [] : ['archive']),
  ]);
  const sign = target.platform === 'darwin' && canSign();
  const unsigned = target.platform === 'darwin' && !sign;
  const inputs = hash(JSON.stringify([script, assets, scripts, base.identity, config, sign, await packer()]));
  const stamp = join(root, '.build', 'made', place === 'bin' ? '' : place, target.name, name);
  const made = await readFile(stamp, 'utf8').catch(() => '');
  if (made && existsSync(path)) {
    const sum = hash(await readFile(path));
    if (made === `${inputs} ${sum}`) return { path, sum, built: false, unsigned };
  }

  await mkdir(join(root, '.build'), { recursive: true });
  const folder = await mkdtemp(join(root, '.build', 'pack-'));
  try {
    await writeFile(join(folder, config.main), script);
    for (const [asset, text] of Object.entries(assets)) await writeFile(join(folder, asset), text);
    if (scripts !== undefined) await writeArchive(join(folder, 'archive'), scripts, target);
    // codesign takes a file's name into the signature, so it has to be the final one.
    const output = join(folder, name);
    const job: PackJob = {
      base: base.path,
      folder,
      script: config.main,
      output,
      pkgPlatform: target.pkgPlatform,
      arch: target.arch,
      sign,
      seaConfig: config,
      v8Options: V8_OPTIONS,
    };
    await run(process.execPath, [join(import.meta.dirname, `pack${EXTENSION}`), JSON.stringify(job)], {
      timeout: 300_000,
      env: cleanEnvironment(),
    }).catch((error: Error & { stdout?: string }) => {
      const said = `${error.message}${error.stdout ?? ''}`;
      throw new Error(`pkg failed for ${target.name}/${name}: ${said}`, { cause: error });
    });
    const sum = hash(await readFile(output));
    await mkdir(dirname(path), { recursive: true });
    await rename(output, path);
    await mkdir(dirname(stamp), { recursive: true });
    await writeFile(stamp, `${inputs} ${sum}`);
    return { path, sum, built: true, unsigned };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Writes the archive of `scripts`, with the caches for the options that the executable's V8 runs with. */
async function writeArchive(
  path: string,
  scripts: NonNullable<Bundle['scripts']>,
  target: Target,
): Promise<void> {
  if (!isNative(target)) {
    await writeFile(path, archiveOf(scripts, { codeCache: false }));
    return;
  }
  const input = `${path}.json`;
  await writeFile(input, JSON.stringify(scripts));
  // --random-seed: see pack.ts.
  const program = join(import.meta.dirname, `compile-archive${EXTENSION}`);
  await run(process.execPath, ['--random-seed=1', ...V8_OPTIONS, program, input, path], {
    cwd: dirname(path),
    timeout: 120_000,
    env: cleanEnvironment(),
  });
}

function seaConfig(name: string, target: Target, assets: readonly string[]) {
  return {
    main: `${name}.cjs`,
    disableExperimentalSEAWarning: true,
    useSnapshot: false,
    // The cache is good only for the architecture that made it.
    useCodeCache: isNative(target),
    // A warning on stderr, of a cache that is not accepted say, would make the endpoint skip the provider. The
    // process still gets its `warning` events. SIGUSR1 would open a debugger's port to every user of the host.
    // Authorities that the host trusts are trusted, as by Go programs.
    execArgv: ['--no-warnings', '--disable-sigusr1', '--use-system-ca', ...V8_OPTIONS],
    // NODE_OPTIONS belongs to whoever runs Node.js programs on the host; in here it could load foreign code.
    execArgvExtension: 'none',
    assets: Object.fromEntries(assets.map((asset) => [asset, asset])),
  };
}

/** Whether one of the programs is here that pkg signs macOS executables with. */
function canSign(): boolean {
  const folders = (process.env.PATH ?? '').split(delimiter);
  return folders.some((folder) => existsSync(join(folder, 'codesign')) || existsSync(join(folder, 'ldid')));
}

/** What makes executables out of bundles: another pkg, Node.js or program of ours makes others. */
async function packer(): Promise<string> {
  const programs = ['pack', 'archive', 'compile-archive', 'rehearsal'].map((name) =>
    readFile(join(import.meta.dirname, `${name}${EXTENSION}`), 'utf8'),
  );
  const pack = (await Promise.all(programs)).join('');
  const pkg = await readFile(fileURLToPath(import.meta.resolve('@yao-pkg/pkg/package.json')), 'utf8');
  return process.version + pack + pkg;
}

/** The environment without what would change how Node.js compiles, and with it the code cache. */
function cleanEnvironment(): NodeJS.ProcessEnv {
  const { NODE_OPTIONS, NODE_V8_COVERAGE, ...rest } = process.env;
  return rest;
}

function hash(content: string | Uint8Array): string {
  return createHash('sha256').update(content).digest('hex');
}
