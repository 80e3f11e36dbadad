/** Builds the archive from which scripts/drpkit runs drpkit. Argument: the file. */
import { rename, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { entries } from '../../cmd/drpkit/entries.ts';
import { archiveOf, type FileState } from './archive.ts';
import { type Scripts, scriptsOf } from './bundle.ts';
import { makeRunner } from './drpkit-runner.ts';
import { PAGE_MODULE, writePage } from './page.ts';

/** Resolution of file times in ms. */
const TICK_MS = 20;

/** Further inputs of the archive. npm updates its lock file with each change in node_modules. */
const ALSO = [
  'package.json',
  'package-lock.json',
  'tsconfig.json',
  'node_modules/.package-lock.json',
  'scripts/drpkit.cjs',
  ...[
    'archive.cjs',
    'archive.ts',
    'bundle.ts',
    'drpkit-archive.ts',
    'drpkit-runner.ts',
    'page.ts',
    'start-checkout.cjs',
  ].map((file) => `scripts/packaging/${file}`),
];

const MAIN = 'cmd/drpkit/main.ts';
const root = join(import.meta.dirname, '..', '..');
const { stateOf } = createRequire(import.meta.url)('./archive.cjs') as {
  stateOf(path: string): [changed: number, size: number];
};

async function main(file: string): Promise<void> {
  const page = await writePage(root);
  if (page.written) await delay(2 * TICK_MS);
  const begun = Date.now();
  const scripts = await scriptsOf(root, 'drpkit');
  for (const [path, imports] of page.inputs) scripts.inputs.set(path, imports);
  scripts.inputs.set(PAGE_MODULE, [...page.inputs.keys()]);
  // npm's lock file represents all packages.
  const files = [...scripts.inputs.keys()].filter((path) => !path.startsWith('node_modules/'));
  const states = [...files, ...ALSO].map((path): FileState => {
    const [changed, size] = stateOf(join(root, path));
    if (changed >= begun - TICK_MS) throw new Error(`${path} was changed while it was read`);
    return [path, changed, size];
  });
  const inputs = Object.fromEntries(
    [...neededBy(scripts.inputs)].map(([word, needed]) => [
      word,
      states.filter(([path]) => needed.has(path) || ALSO.includes(path)),
    ]),
  );
  // Concurrent builds write separate files, and the last one stays.
  const unfinished = `${file}.${process.pid}`;
  try {
    await writeFile(unfinished, archiveOf({ ...scripts, providers: [] }, { inputs }));
    await rename(unfinished, file);
  } finally {
    await rm(unfinished, { force: true });
  }
}

/** The files needed by a command, by its first word, and all files (`*`). */
function neededBy(imports: Scripts['inputs']): Map<string, Set<string>> {
  // Parsed from `load: async () => (await import('./info.ts')).info`. For other forms, all files count.
  const modules = new Map(
    entries.flatMap(({ name, load }) => {
      const path = /import\('\.\/([^']+)'\)/.exec(String(load))?.[1];
      return path === undefined ? [] : [[name, `cmd/drpkit/${path}`]];
    }),
  );
  const common = reached(imports, [MAIN], new Set(modules.values()));
  return new Map([
    ['*', new Set(imports.keys())],
    ...[...modules].map(([word, module]): [string, Set<string>] => [
      word,
      new Set([...common, ...reached(imports, [module])]),
    ]),
  ]);
}

/** The files imported by `from`, directly or indirectly, except through `except`. */
function reached(imports: Scripts['inputs'], from: string[], except = new Set<string>()): Set<string> {
  const found = new Set(from);
  for (const path of found) {
    for (const imported of imports.get(path) ?? []) if (!except.has(imported)) found.add(imported);
  }
  return found;
}

await main(process.argv[2] ?? '');
await makeRunner(root);
