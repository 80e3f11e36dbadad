import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { delimiter, dirname, extname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { fileSum } from '../../lib/catalog/file-sum.ts';
import { archiveOf } from './archive.ts';
import type { Base } from './base.ts';
import type { Bundle } from './bundle.ts';
import { isNative, type Target } from './target.ts';

const run = promisify(execFile);

/** TypeScript in a checkout, JavaScript in the package. */
const EXTENSION = extname(import.meta.filename);

/**
 * Limits the young generation to half of V8's default: under load a plugin uses 110 MB instead of 150, without taking
 * longer (docs/performance.md). Its initial size suffices for a start: a garbage collection would take 3 ms, and 3 ms
 * more to measure the clock of the processor, for which V8 sleeps. Only options that do not affect compiled code may be
 * used: with others Node.js rejects the code cache of its own modules, which costs 10 ms per start.
 */
export const V8_OPTIONS = ['--max-semi-space-size=8', '--min-semi-space-size=4'];

/** The argument of pack.ts. */
export interface PackJob {
  /** Absolute path of the base executable. */
  base: string;
  /** Folder of the script and assets, to which paths in seaConfig are relative. */
  folder: string;
  script: string;
  output: string;
  pkgPlatform: Target['pkgPlatform'];
  arch: Target['arch'];
  sign: boolean;
  seaConfig: ReturnType<typeof seaConfig>;
  /** V8 options of the executable. The code cache must be made with the same options. */
  v8Options: readonly string[];
}

/** A built executable. */
export interface Executable {
  path: string;
  /** SHA-256 of the file, in hex. */
  sum: string;
  /** False when the existing file was up to date. */
  built: boolean;
  /** True for macOS when no signing tool is available. */
  unsigned: boolean;
}

/**
 * Builds `OS/ARCH/NAME` in a folder of `root` (default `bin`) from a bundle and a base, unless it exists with the same
 * inputs. Throws an Error with pkg's output when pkg fails.
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
    const sum = await fileSum(path);
    if (made === `${inputs} ${sum}`) return { path, sum, built: false, unsigned };
  }

  await mkdir(join(root, '.build'), { recursive: true });
  const folder = await mkdtemp(join(root, '.build', 'pack-'));
  try {
    await writeFile(join(folder, config.main), script);
    for (const [asset, text] of Object.entries(assets)) await writeFile(join(folder, asset), text);
    if (scripts !== undefined) await writeArchive(join(folder, 'archive'), scripts, target);
    // codesign includes the file's name in the signature, so it must be the final name.
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
    const sum = await fileSum(output);
    await mkdir(dirname(path), { recursive: true });
    await rename(output, path);
    await mkdir(dirname(stamp), { recursive: true });
    await writeFile(stamp, `${inputs} ${sum}`);
    return { path, sum, built: true, unsigned };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Writes the archive of `scripts`, with code caches for the executable's V8 options. */
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
    // A code cache is only valid for the architecture that made it.
    useCodeCache: isNative(target),
    // A warning on stderr, for instance about a rejected cache, would make the endpoint skip the provider; `warning`
    // events still occur. SIGUSR1 would open a debugger port to every user of the host. The host's certificate
    // authorities are trusted, as in Go programs.
    execArgv: ['--no-warnings', '--disable-sigusr1', '--use-system-ca', ...V8_OPTIONS],
    // NODE_OPTIONS is meant for Node.js programs of the host; here it could load foreign code.
    execArgvExtension: 'none',
    assets: Object.fromEntries(assets.map((asset) => [asset, asset])),
  };
}

/** Whether a tool is available with which pkg can sign macOS executables. */
function canSign(): boolean {
  const folders = (process.env.PATH ?? '').split(delimiter);
  return folders.some((folder) => existsSync(join(folder, 'codesign')) || existsSync(join(folder, 'ldid')));
}

/** Identifies the tools: another version of pkg, Node.js or these scripts gives other executables. */
async function packer(): Promise<string> {
  const programs = ['pack', 'archive', 'compile-archive', 'rehearsal'].map((name) =>
    readFile(join(import.meta.dirname, `${name}${EXTENSION}`), 'utf8'),
  );
  const pack = (await Promise.all(programs)).join('');
  const pkg = await readFile(fileURLToPath(import.meta.resolve('@yao-pkg/pkg/package.json')), 'utf8');
  return process.version + pack + pkg;
}

/** The environment without variables that change how Node.js compiles. */
function cleanEnvironment(): NodeJS.ProcessEnv {
  const { NODE_OPTIONS, NODE_V8_COVERAGE, ...rest } = process.env;
  return rest;
}

function hash(content: string): string {
  return createHash('sha256').update(content).digest('hex');
}
