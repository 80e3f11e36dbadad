import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, readFile, rename, rm, stat } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { type EmbeddedPackage, packageIn } from './embedded.ts';
import { megabytes } from './megabytes.ts';
import { strip } from './strip.ts';
import { type Target, targets } from './target.ts';

const run = promisify(execFile);

/** The Node.js executable into which a program is injected. */
export interface Base {
  path: string;
  /** Identifies its bytes: package, version, integrity, and the tool that stripped it. */
  identity: string;
  /** The npm package that contains it. */
  package: EmbeddedPackage;
}

/** The entry in package-lock.json of the package with a target's Node.js. */
interface Pinned {
  name: string;
  version: string;
  integrity: string;
}

/**
 * The base executable for a target: the stock Node.js of the version in package-lock.json, stripped for Linux. For this
 * machine it comes from node_modules, otherwise from the npm registry; it is verified against package-lock.json.
 * `project` is the folder with package-lock.json and node_modules; results are cached in its .build/base. Throws an
 * Error when it is not available.
 */
export async function baseFor(
  target: Target,
  project: string,
  report: (line: string) => void,
): Promise<Base> {
  const pinned = await readPinned(project, target.basePackage);
  const identity = `${pinned.name}@${pinned.version} ${pinned.integrity}`;
  const id = createHash('sha256').update(identity).digest('hex').slice(0, 12);
  const folder = join(project, '.build', 'base', `${pinned.name}-${pinned.version}-${id}`);
  const stock = (await installedNode(project, pinned)) ?? (await fetchedNode(pinned, folder, report));
  const origin = await packageOf(project, pinned);
  if (target.platform !== 'linux') return { path: stock, identity, package: origin };

  const stripped = await strip(target, stock, folder);
  if (!stripped) {
    report(`${target.name}: the executables are not stripped, neither strip nor llvm-strip here can do it`);
    return { path: stock, identity, package: origin };
  }
  const sizes = `${megabytes((await stat(stock)).size)}, stripped ${megabytes((await stat(stripped.path)).size)}`;
  report(`${target.name}: Node.js ${pinned.version}, ${sizes} (${stripped.by})`);
  return { path: stripped.path, identity: `${identity} ${stripped.by}`, package: origin };
}

async function readPinned(project: string, name: string): Promise<Pinned> {
  // npm leaves package-lock.json out of packages, so the package has the relevant part in node-lock.json.
  const file = ['package-lock.json', 'node-lock.json'].find((name) => existsSync(join(project, name)));
  const lock: unknown = JSON.parse(await readFile(join(project, file ?? 'package-lock.json'), 'utf8'));
  const { packages } = lock as { packages?: Record<string, { version?: unknown; integrity?: unknown }> };
  const { version, integrity } = packages?.[`node_modules/${name}`] ?? {};
  if (typeof version !== 'string' || typeof integrity !== 'string' || !integrity.startsWith('sha512-')) {
    throw new Error(`${file} does not pin ${name} with a sha512`);
  }
  return { name, version, integrity };
}

/** The executable installed and verified by npm, if it is the pinned version. */
async function installedNode(project: string, pinned: Pinned): Promise<string | undefined> {
  const folder = installed(project, pinned.name);
  if (folder === undefined) return undefined;
  const { version } = JSON.parse(await readFile(join(folder, 'package.json'), 'utf8')) as {
    version?: unknown;
  };
  return version === pinned.version ? join(folder, 'bin', 'node') : undefined;
}

/** The folder of an installed package, in the project's node_modules or one above it. */
function installed(project: string, name: string): string | undefined {
  try {
    return dirname(createRequire(join(project, 'package.json')).resolve(`${name}/package.json`));
  } catch {
    return undefined;
  }
}

/** The pinned package with the licenses of Node.js. All platforms use those installed for this one. */
async function packageOf(project: string, { name, version, integrity }: Pinned): Promise<EmbeddedPackage> {
  for (const { basePackage } of targets) {
    const folder = installed(project, basePackage);
    if (folder === undefined || !existsSync(join(folder, 'LICENSE'))) continue;
    const found = await packageIn(folder, integrity);
    if (found.version === version) return { ...found, name };
  }
  throw new Error(`the licences of ${name}@${version} are in none of the packages in node_modules`);
}

/** Downloads the package from the npm registry, and returns its executable, cached in `folder`. */
async function fetchedNode(pinned: Pinned, folder: string, report: (line: string) => void): Promise<string> {
  const kept = join(folder, 'node');
  if (existsSync(kept)) return kept;
  const what = `${pinned.name}@${pinned.version}`;
  report(`fetching ${what} from the npm registry`);
  await mkdir(folder, { recursive: true });
  const unfinished = await mkdtemp(join(folder, 'fetch-'));
  try {
    // With a cache in the folder npm needs no writable HOME.
    const options = [
      '--pack-destination',
      unfinished,
      '--cache',
      join(unfinished, 'cache'),
      '--loglevel',
      'error',
    ];
    await run('npm', ['pack', what, ...options], {
      cwd: unfinished,
      timeout: 600_000,
    }).catch((error: Error) => {
      throw new Error(`npm could not fetch ${what}: ${error.message.trim()}`, { cause: error });
    });
    const archive = (await readdir(unfinished)).find((name) => name.endsWith('.tgz'));
    if (!archive) throw new Error(`npm pack ${what} left no archive`);
    const content = await readFile(join(unfinished, archive));
    const integrity = `sha512-${createHash('sha512').update(content).digest('base64')}`;
    if (integrity !== pinned.integrity) {
      throw new Error(
        `${what} from the registry has ${integrity}, package-lock.json pins ${pinned.integrity}`,
      );
    }
    await run('tar', ['-xzf', archive, 'package/bin/node'], { cwd: unfinished, timeout: 120_000 });
    await rename(join(unfinished, 'package', 'bin', 'node'), kept);
    return kept;
  } finally {
    await rm(unfinished, { recursive: true, force: true });
  }
}
