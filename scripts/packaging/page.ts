import { readFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { build, type Metafile } from 'esbuild';
import { writeWhenChanged } from '../../lib/content/index.ts';
import { type EmbeddedPackage, embeddedPackages } from './embedded.ts';

/** Path of the generated module with the inspector's page, relative to the project. */
export const PAGE_MODULE = 'lib/inspector/page.generated.ts';
const FOLDER = 'lib/inspector/page';

export interface WrittenPage {
  /** Whether the module has changed. */
  written: boolean;
  /** The source files, relative to the project, with their imports. */
  inputs: Map<string, readonly string[]>;
}

type PageFiles = Record<string, { type: string; body: string }>;

const TYPES: Readonly<Record<string, string>> = {
  'app.js': 'text/javascript; charset=utf-8',
  'app.css': 'text/css; charset=utf-8',
};

/** Bundles the inspector's page and writes its module if it has changed. Throws esbuild's error. */
export async function writePage(root: string): Promise<WrittenPage> {
  const { files, metafile } = await bundlePage(root);
  const inputs = Object.entries(metafile.inputs).map(([path, { imports }]): [string, string[]] => [
    path,
    imports.filter(({ external }) => !external).map((imported) => imported.path),
  ]);
  return {
    written: await writeWhenChanged(join(root, PAGE_MODULE), pageModule(files)),
    inputs: new Map([...inputs, [`${FOLDER}/index.html`, []]]),
  };
}

/** The packages whose code the page includes. */
export async function pagePackages(root: string): Promise<EmbeddedPackage[]> {
  return embeddedPackages((await bundlePage(root)).metafile, root);
}

/** The page's files by path below `/ui/`, and esbuild's metafile. */
async function bundlePage(root: string): Promise<{ files: PageFiles; metafile: Metafile }> {
  const { outputFiles, metafile } = await build({
    absWorkingDir: root,
    entryPoints: [
      { in: `${FOLDER}/main.tsx`, out: 'app' },
      { in: `${FOLDER}/app.css`, out: 'app' },
    ],
    bundle: true,
    minify: true,
    format: 'esm',
    target: ['chrome120', 'firefox124', 'safari17.4'],
    jsx: 'automatic',
    jsxImportSource: 'preact',
    preserveSymlinks: true,
    metafile: true,
    write: false,
    outdir: '.',
    logLevel: 'warning',
  });
  const files: PageFiles = {
    '': {
      type: 'text/html; charset=utf-8',
      body: await readFile(join(root, FOLDER, 'index.html'), 'utf8'),
    },
  };
  for (const { path, text } of outputFiles) {
    const name = basename(path);
    files[name] = { type: TYPES[name] ?? 'application/octet-stream', body: text };
  }
  // The licenses must accompany the code.
  const script = files['app.js'];
  const packages = await embeddedPackages(metafile, root);
  if (script !== undefined) script.body = `${licences(packages)}${script.body}`;
  return { files, metafile };
}

/** A comment with the licenses, each text once. */
function licences(packages: readonly EmbeddedPackage[]): string {
  const byText = Map.groupBy(packages, ({ text }) => text);
  return [...byText]
    .map(([text, those]) => {
      const names = those.map(({ name, version }) => `${name} ${version}`).join(', ');
      return `/*!\n${names}\n\n${text.replaceAll('*/', '* /').trim()}\n*/\n`;
    })
    .join('');
}

function pageModule(files: PageFiles): string {
  const members = Object.entries(files).map(
    ([name, file]) => `  ${JSON.stringify(name)}: ${JSON.stringify(file)},\n`,
  );
  return `// Generated from '${FOLDER}'. Do not edit.

/** The inspector's page: its files by what follows \`/ui/\`. */
export const inspectorFiles: Readonly<Record<string, { type: string; body: string }>> = {
${members.join('')}};
`;
}
