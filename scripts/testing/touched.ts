import { existsSync, globSync, readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { build } from 'esbuild';

/** A change of these files may affect every test. */
const EVERYTHING = ['package.json', 'package-lock.json', 'tsconfig.json', 'scripts/test', 'scripts/prepare'];
/** Files in one of these folders, or a document next to them. */
const PLACES = /^(cmd|content|docs|lib|scripts|test)\/|^[A-Z]+\.md$/;
const FOLDERS = ['cmd', 'content', 'docs', 'lib', 'scripts', 'test'];
/** The folder of the build scripts. */
const PACKAGING = 'scripts/packaging';
/** It contains the list of all providers, so asking it for one does not depend on all. */
const DECLARES_PROVIDERS = 'test/support/binary.ts';

/**
 * The test files affected by `changed` files, all relative to `root`. A test depends on its imports, on files and
 * folders whose path occurs in it as text (relative to it or to the project), and on what these depend on; and on an
 * executable when it asks for it (`binary('ipmi')`, or PROVIDERS for all) or is in a folder of its name.
 */
export async function touchedTests(root: string, changed: readonly string[]): Promise<string[]> {
  const tests = globSync('test/**/*.test.ts', { cwd: root }).sort();
  if (changed.some((file) => EVERYTHING.includes(file))) return tests;
  const needs = await needsOf(root);
  const touched = reached(needs, changed);
  const commands = globSync('cmd/*/main.ts', { cwd: root }).map((file) => dirname(file).slice('cmd/'.length));
  const rebuilt = commands.filter((name) =>
    [`cmd/${name}/main.ts`, `content/${name}`, PACKAGING].some(
      (path) => touched.has(path) || changed.some((file) => file.startsWith(`${path}/`)),
    ),
  );
  const runsRebuilt = (file: string) => {
    const text = readFileSync(join(root, file), 'utf8');
    return rebuilt.some((name) => text.includes(`binary('${name}')`) || /\bPROVIDERS\b/.test(text));
  };
  return tests.filter((file) => {
    if (touched.has(file) || rebuilt.some((name) => file.startsWith(`test/${name}/`))) return true;
    const helpers = [...(needs.get(file) ?? [])].filter(
      (need) => needs.has(need) && need !== DECLARES_PROVIDERS,
    );
    return [file, ...helpers].some(runsRebuilt);
  });
}

/** The changed files, and all files that depend on them. */
function reached(needs: ReadonlyMap<string, ReadonlySet<string>>, changed: readonly string[]): Set<string> {
  const users = new Map<string, string[]>();
  for (const [file, needed] of needs) {
    for (const need of needed) users.set(need, [...(users.get(need) ?? []), file]);
  }
  const found = new Set(changed);
  for (const path of users.keys()) {
    if (changed.some((file) => file.startsWith(`${path}/`))) found.add(path);
  }
  // A Set that grows during the iteration includes new members.
  for (const file of found) for (const user of users.get(file) ?? []) found.add(user);
  return found;
}

/** The dependencies of each source: imported files, and named files and folders. */
async function needsOf(root: string): Promise<Map<string, Set<string>>> {
  const sources = globSync(
    FOLDERS.map((folder) => `${folder}/**/*.{ts,cjs}`),
    { cwd: root, exclude: ['cmd/drpkit/new/template/**', 'test/fixtures/**'] },
  );
  const { metafile } = await build({
    absWorkingDir: root,
    // One script that imports all, so that esbuild reads each file once.
    stdin: { contents: sources.map((file) => `import './${file}';`).join('\n'), resolveDir: root },
    bundle: true,
    platform: 'node',
    format: 'esm',
    packages: 'external',
    metafile: true,
    write: false,
    logLevel: 'error',
  });
  const needs = new Map<string, Set<string>>();
  for (const file of sources) {
    const imported = metafile.inputs[file]?.imports ?? [];
    const direct = imported.filter(({ external }) => external !== true).map(({ path }) => path);
    needs.set(file, new Set([...direct, ...named(root, file)]));
  }
  return needs;
}

/** The files and folders whose path occurs in a source, relative to it or to the project. */
function named(root: string, file: string): string[] {
  // A path in a comment also counts; that only runs an unnecessary test.
  const texts = readFileSync(join(root, file), 'utf8').matchAll(/['"`]([\w@./-]+)['"`]/g);
  return [...texts].flatMap(([, text = '']) => {
    const paths = [join(dirname(file), text), normalize(text)].map((path) => path.replace(/\/$/, ''));
    return paths.filter((path) => path !== file && PLACES.test(path) && existsSync(join(root, path)));
  });
}
