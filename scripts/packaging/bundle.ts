import { readFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { type BuildOptions, build, type Metafile, type OutputFile, transform } from 'esbuild';
import { type EmbeddedPackage, embeddedPackages } from './embedded.ts';
import { PAGE_MODULE, pagePackages } from './page.ts';
import { sourceLines } from './source-lines.ts';

/** What goes into an executable: its main script, and what that reads. */
export interface Bundle {
  script: string;
  /** Texts that it reads, by name: SourceLines as JSON, the tables that lead from the lines of scripts back to the sources. */
  assets: Readonly<Record<string, string>>;
  /** What the script runs, in place of having it all in itself. */
  scripts?: ArchivedScripts;
  /** The packages that it has code of. */
  packages: EmbeddedPackage[];
}

/** What an archive is made of. With `lazy`, only what V8 compiles at once is in its code caches. */
export type ArchivedScripts = Pick<Scripts, 'entry' | 'start' | 'code'> & { lazy?: boolean };

/** A command in several scripts, those that import() asks for among them. */
export interface Scripts {
  /** The name of the one that runs first. */
  entry: string;
  /** The names of those that it needs at once, its own among them. */
  start: string[];
  /** The text of each, by the name that the others require it by. ASCII. */
  code: Record<string, string>;
  /** The files that they were made of, relative to the project, and what each imports. */
  inputs: Map<string, readonly string[]>;
  packages: EmbeddedPackage[];
}

const FOLDER = import.meta.dirname;

const COMMON = {
  bundle: true,
  platform: 'node',
  target: 'node26',
  // esbuild notes each module's path in the bundle: where node_modules is a link, its name and not its target.
  preserveSymlinks: true,
  metafile: true,
  write: false,
  logLevel: 'warning',
} as const satisfies BuildOptions;

/** import() fails inside a script with code cache, so lazy loading has to become require(). */
const NO_IMPORT = { 'dynamic-import': false };

/** import() of a CommonJS module has its exports by name, too; esbuild gives the script of one only the default. */
const NAMED_EXPORTS = `
const all = module.exports.default;
module.exports = Object.defineProperty({ ...all, default: all }, '__esModule', { value: true });
`;

/**
 * Bundles `cmd/NAME/main.ts` of the project in `root` with everything it imports into one CommonJS script, the
 * form that a single executable application takes. `DRP_PLUGINS_VERSION` in the sources becomes the version.
 * The result depends on nothing but the sources: not on the folder, not on the time. Throws esbuild's error.
 */
export async function bundle(root: string, name: string, version: string): Promise<Bundle> {
  const { script, sources, packages } = await bundleOne(root, name, version, {
    banner: { js: await prologue() },
  });
  return { script, assets: { 'sources.json': sources }, packages };
}

/**
 * Bundles several providers for one executable, which runs the one that it is called by. Each is the same script as it is
 * in an executable of its own.
 */
export async function bundleTogether(
  root: string,
  names: readonly string[],
  version: string,
): Promise<Bundle> {
  const code: Record<string, string> = {};
  const assets: Record<string, string> = {};
  const packages = new Map<string, EmbeddedPackage>();
  for (const name of names) {
    const define = { DRP_PLUGINS_SOURCES: JSON.stringify(`${name}.json`) };
    const one = await bundleOne(root, name, version, { define });
    code[`./${name}`] = one.script;
    assets[`${name}.json`] = one.sources;
    for (const found of one.packages) packages.set(`${found.name}@${found.version}`, found);
  }
  const sorted = [...packages].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, found]) => found);
  const scripts = { entry: '', start: [], code, lazy: true };
  return { script: await mainScript('start-together.cjs'), assets, scripts, packages: sorted };
}

async function bundleOne(
  root: string,
  name: string,
  version: string,
  { define = {}, banner }: Pick<BuildOptions, 'define' | 'banner'>,
) {
  const result = await build({
    ...COMMON,
    absWorkingDir: root,
    entryPoints: [`cmd/${name}/main.ts`],
    outfile: `${name}.cjs`,
    format: 'cjs',
    supported: NO_IMPORT,
    define: { ...definitions(version), ...define },
    banner,
    sourcemap: 'external',
    sourcesContent: false,
  });
  const text = (suffix: string) => {
    const file = result.outputFiles.find(({ path }) => path.endsWith(suffix));
    if (!file) throw new Error(`esbuild made no ${suffix} for ${name}`);
    return file.text;
  };
  const script = text('.cjs');
  return {
    script,
    sources: JSON.stringify(sourceLines(script, JSON.parse(text('.cjs.map')))),
    packages: await packagesOf(result.metafile, root),
  };
}

/** One of the scripts beside this one that run what is in an archive. */
async function mainScript(file: string): Promise<string> {
  const { outputFiles } = await build({
    ...COMMON,
    absWorkingDir: FOLDER,
    entryPoints: [file],
    format: 'cjs',
    outdir: '.',
    banner: { js: await prologue() },
  });
  return outputFiles[0]?.text ?? '';
}

/**
 * Like `bundle`, for a command with much that one start does not need: several scripts, and a main script that runs them
 * from an archive.
 */
export async function bundleScripts(root: string, name: string, version: string): Promise<Bundle> {
  const scripts = await scriptsOf(root, name, version);
  return {
    script: await mainScript('start-executable.cjs'),
    assets: {},
    scripts,
    packages: scripts.packages,
  };
}

/** The scripts of `cmd/NAME/main.ts`. Without a version the sources have to find it out for themselves. */
export async function scriptsOf(root: string, name: string, version?: string): Promise<Scripts> {
  const { outputFiles, metafile } = await build({
    ...COMMON,
    absWorkingDir: root,
    entryPoints: [`cmd/${name}/main.ts`],
    // esbuild splits nothing but ES modules.
    splitting: true,
    format: 'esm',
    outdir: '.',
    define: definitions(version),
  });
  const commonJs = new Set<string>();
  for (const [path, { entryPoint = '' }] of Object.entries(metafile.outputs)) {
    if (metafile.inputs[entryPoint]?.format === 'cjs') commonJs.add(basename(path));
  }
  const script = async ({ path, text }: OutputFile): Promise<[name: string, code: string]> => {
    const name = basename(path);
    const { code } = await transform(text, { format: 'cjs', target: COMMON.target, supported: NO_IMPORT });
    return [`./${name}`, commonJs.has(name) ? `${code}${NAMED_EXPORTS}` : code];
  };
  const start = new Set(['main.js']);
  for (const name of start) {
    for (const { path, kind } of metafile.outputs[name]?.imports ?? []) {
      if (kind === 'import-statement' && path in metafile.outputs) start.add(path);
    }
  }
  return {
    entry: './main.js',
    start: [...start].map((name) => `./${name}`),
    code: Object.fromEntries(await Promise.all(outputFiles.map(script))),
    inputs: new Map(
      Object.entries(metafile.inputs).map(([path, { imports }]) => [
        path,
        imports.filter(({ external }) => !external).map((imported) => imported.path),
      ]),
    ),
    packages: await packagesOf(metafile, root),
  };
}

/** The packages in a bundle, and those in the inspector's page, which is one text of it. */
async function packagesOf(metafile: Metafile, root: string): Promise<EmbeddedPackage[]> {
  const packages = await embeddedPackages(metafile, root);
  if (metafile.inputs[PAGE_MODULE] === undefined) return packages;
  const all = [...packages, ...(await pagePackages(root))].map(
    (one) => [`${one.name}@${one.version}`, one] as const,
  );
  return [...new Map(all)].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, one]) => one);
}

function definitions(version: string | undefined): Record<string, string> {
  const url = { 'import.meta.url': 'bundleUrl' };
  return version === undefined ? url : { ...url, DRP_PLUGINS_VERSION: JSON.stringify(version) };
}

function prologue(): Promise<string> {
  return readFile(join(FOLDER, 'prologue.cjs'), 'utf8');
}
