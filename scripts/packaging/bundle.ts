import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import type { SourceMapPayload } from 'node:module';
import { basename, join } from 'node:path';
import { type BuildOptions, build, type Metafile, transform } from 'esbuild';
import { type EmbeddedPackage, embeddedPackages } from './embedded.ts';
import { PAGE_MODULE, pagePackages } from './page.ts';
import { type MappedCode, sourceLines } from './source-lines.ts';

/** The content of an executable: its main script, and the files that it reads. */
export interface Bundle {
  script: string;
  /** Files by name: SourceLines as JSON, which map lines of scripts to source lines. */
  assets: Readonly<Record<string, string>>;
  /** The scripts that the main script loads, if it does not contain all code itself. */
  scripts?: ArchivedScripts;
  /** The packages whose code is included. */
  packages: EmbeddedPackage[];
}

/** The part of Scripts that an archive is made of. */
export interface ArchivedScripts extends Pick<Scripts, 'entry' | 'start' | 'code'> {
  /** The scripts that are providers. Code caches are made for their start. */
  providers: readonly string[];
}

/** A command split into several scripts at each import(). */
export interface Scripts {
  /** Name of the first script to run. */
  entry: string;
  /** Names of the scripts that every start needs, including the first. */
  start: string[];
  /** Script text by the name in require(). ASCII. */
  code: Record<string, string>;
  /** Source maps, if requested. */
  maps: Record<string, SourceMapPayload>;
  /** The source files, relative to the project, with their imports. */
  inputs: Map<string, readonly string[]>;
  packages: EmbeddedPackage[];
}

const FOLDER = import.meta.dirname;

const COMMON = {
  bundle: true,
  platform: 'node',
  target: 'node26',
  // esbuild writes module paths into the bundle: use the link's name, where node_modules is a link.
  preserveSymlinks: true,
  metafile: true,
  write: false,
  logLevel: 'warning',
} as const satisfies BuildOptions;

/** import() fails in a script with code cache, so it is compiled to require(). */
const NO_IMPORT = { 'dynamic-import': false };

/** Prefix of an inline source map, from which esbuild derives its own. */
const MAP = '//# sourceMappingURL=data:application/json;base64,';

/** import() of a CommonJS module must also have its exports by name; esbuild only provides the default. */
const NAMED_EXPORTS = `
const all = module.exports.default;
module.exports = Object.defineProperty({ ...all, default: all }, '__esModule', { value: true });
`;

/** Like `bundleScripts`, for one executable with several providers, which runs the one by whose name it is called. */
export async function bundleTogether(
  root: string,
  names: readonly string[],
  version: string,
): Promise<Bundle> {
  const code: Record<string, string> = {};
  const assets: Record<string, string> = {};
  const packages = new Map<string, EmbeddedPackage>();
  for (const name of names) {
    const one = await scriptsOf(root, name, version, {
      sourcemap: 'external',
      define: { DRP_PLUGINS_SOURCES: JSON.stringify(`${name}.json`) },
      entry: name,
    });
    // Names are hashes of the content, so equal names mean equal scripts.
    Object.assign(code, one.code);
    assets[`${name}.json`] = JSON.stringify(sourceLines(mappedScripts({ ...one, start: [] }, one.maps)));
    for (const found of one.packages) packages.set(`${found.name}@${found.version}`, found);
  }
  const sorted = [...packages].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, found]) => found);
  return {
    script: await mainScript('start-together.cjs', { DRP_PLUGINS_PROVIDERS: JSON.stringify(names) }),
    assets,
    // Not joined, since providers share some of the scripts needed at start.
    scripts: { entry: '', start: [], code, providers: names.map((name) => `./${name}.js`) },
    packages: sorted,
  };
}

/** Whether a command is a provider. Other commands, such as drpkit, have neither `define` nor `listen`. */
export function isProvider(root: string, name: string): boolean {
  return existsSync(join(root, 'cmd', name, 'plugin.ts'));
}

/** Bundles one of the scripts next to this one that run an archive. */
async function mainScript(file: string, define: Record<string, string> = {}): Promise<string> {
  const { outputFiles } = await build({
    ...COMMON,
    absWorkingDir: FOLDER,
    entryPoints: [file],
    format: 'cjs',
    outdir: '.',
    define,
    banner: { js: await prologue() },
  });
  return outputFiles[0]?.text ?? '';
}

/**
 * Bundles `cmd/NAME/main.ts` of the project in `root` with all imports into CommonJS scripts, and a main script that
 * runs them from an archive, so that a start reads only what it needs; `define` of a provider needs little.
 * `DRP_PLUGINS_VERSION` in the sources is replaced by the version. The result depends only on the sources, not on
 * folder or time. Throws esbuild's error.
 */
export async function bundleScripts(root: string, name: string, version: string): Promise<Bundle> {
  const { maps, ...scripts } = await scriptsOf(root, name, version, { sourcemap: 'external' });
  return {
    script: await mainScript('start-executable.cjs'),
    assets: { 'sources.json': JSON.stringify(sourceLines(mappedScripts(scripts, maps))) },
    scripts: { ...scripts, providers: isProvider(root, name) ? [scripts.entry] : [] },
    packages: scripts.packages,
  };
}

/** The position of each script's code after archive.ts has joined the scripts of the start. */
function* mappedScripts(
  { start, code }: Pick<Scripts, 'start' | 'code'>,
  maps: Scripts['maps'],
): Iterable<MappedCode> {
  const [first = ''] = start;
  let before = 0;
  for (const [name, map] of Object.entries(maps)) {
    const isAtStart = start.includes(name);
    if (!isAtStart) yield { script: name, before: 0, code: code[name] ?? '', map };
  }
  for (const name of start) {
    const text = code[name] ?? '';
    const map = maps[name];
    if (map !== undefined) yield { script: first, before, code: text, map };
    before += text.split('\n').length + 1;
  }
}

/** The scripts of `cmd/NAME/main.ts`. Without a version, the sources determine it at run time. */
export async function scriptsOf(
  root: string,
  name: string,
  version?: string,
  {
    sourcemap = false,
    define = {},
    entry = 'main',
  }: { sourcemap?: false | 'external'; define?: Record<string, string>; entry?: string } = {},
): Promise<Scripts> {
  const { outputFiles, metafile } = await build({
    ...COMMON,
    absWorkingDir: root,
    entryPoints: { [entry]: `cmd/${name}/main.ts` },
    // esbuild can split only ES modules.
    splitting: true,
    format: 'esm',
    outdir: '.',
    define: { ...definitions(version), ...define },
    sourcemap,
    sourcesContent: false,
  });
  const commonJs = new Set<string>();
  for (const [path, { entryPoint = '' }] of Object.entries(metafile.outputs)) {
    if (metafile.inputs[entryPoint]?.format === 'cjs') commonJs.add(basename(path));
  }
  const texts = new Map(outputFiles.map(({ path, text }) => [basename(path), text]));
  const code: Scripts['code'] = {};
  const maps: Scripts['maps'] = {};
  const convert = async (file: string, text: string) => {
    const before = texts.get(`${file}.map`);
    const transformed = await transform(before === undefined ? text : `${text}\n${MAP}${btoa(before)}`, {
      format: 'cjs',
      target: COMMON.target,
      supported: NO_IMPORT,
      sourcemap,
      sourcesContent: false,
    });
    code[`./${file}`] = commonJs.has(file) ? `${transformed.code}${NAMED_EXPORTS}` : transformed.code;
    if (before !== undefined) maps[`./${file}`] = JSON.parse(transformed.map);
  };
  const files = [...texts].filter(([file]) => !file.endsWith('.map'));
  for (const [file, text] of files) await convert(file, text);
  const start = new Set([`${entry}.js`]);
  for (const name of start) {
    for (const { path, kind } of metafile.outputs[name]?.imports ?? []) {
      if (kind === 'import-statement' && path in metafile.outputs) start.add(path);
    }
  }
  return {
    entry: `./${entry}.js`,
    start: [...start].map((name) => `./${name}`),
    code,
    maps,
    inputs: new Map(
      Object.entries(metafile.inputs).map(([path, { imports }]) => [
        path,
        imports.filter(({ external }) => !external).map((imported) => imported.path),
      ]),
    ),
    packages: await packagesOf(metafile, root),
  };
}

/** The packages in a bundle, and those in the inspector's page, which is embedded as a string. */
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
