import { existsSync, globSync, readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { build } from 'esbuild';

/** Changes of these may change what any test does. */
const EVERYTHING = ['package.json', 'package-lock.json', 'tsconfig.json', 'scripts/test', 'scripts/prepare'];
/** Below one of the folders, and not one of them as a whole; or a document beside them. */
const PLACES = /^(cmd|content|docs|lib|scripts|test)\/|^[A-Z]+\.md$/;
const FOLDERS = ['cmd', 'content', 'docs', 'lib', 'scripts', 'test'];
/** What makes the executables. */
const PACKAGING = 'scripts/packaging';
/** Has the list of all providers, so that asking it for one is not asking for all. */
const DECLARES_PROVIDERS = 'test/support/binary.ts';

/**
 * The test files that `changed` files touch, all paths relative to `root`. A test file depends on what it imports, and on
 * files and folders whose path it has as text, be it relative to itself or to the project, and so on from there; on an
 * executable when it asks for that (`binary('ipmi')`, or PROVIDERS for all) or lies in the folder of its name.
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

/** The changed files, and what needs one of them, and what needs that, and so on. */
function reached(needs: ReadonlyMap<string, ReadonlySet<string>>, changed: readonly string[]): Set<string> {
  const users = new Map<string, string[]>();
  for (const [file, needed] of needs) {
    for (const need of needed) users.set(need, [...(users.get(need) ?? []), file]);
  }
  const found = new Set(changed);
  for (const path of users.keys()) {
    if (changed.some((file) => file.startsWith(`${path}/`))) found.add(path);
  }
  // A set that grows while it is walked through goes on with what is new.
  for (const file of found) for (const user of users.get(file) ?? []) found.add(user);
  return found;
}

/** What each source needs: the files that it imports, and the files and folders that it names. */
async function needsOf(root: string): Promise<Map<string, Set<string>>> {
  const sources = globSync(
    FOLDERS.map((folder) => `${folder}/**/*.{ts,cjs}`),
    { cwd: root, exclude: ['cmd/drpkit/new/template/**', 'test/fixtures/**'] },
  );
  const { metafile } = await build({
    absWorkingDir: root,
    // One script with all of them: esbuild then reads each once.
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

/** The files and folders whose path stands in a source, relative to it or to the project. */
function named(root: string, file: string): string[] {
  // A comment may name files as examples; that costs a test run too many, and no more.
  const texts = readFileSync(join(root, file), 'utf8').matchAll(/['"`]([\w@./-]+)['"`]/g);
  return [...texts].flatMap(([, text = '']) => {
    const paths = [join(dirname(file), text), normalize(text)].map((path) => path.replace(/\/$/, ''));
    return paths.filter((path) => path !== file && PLACES.test(path) && existsSync(join(root, path)));
  });
}
