import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, open, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, suite, test } from 'node:test';
import { promisify } from 'node:util';
import { build } from '../../scripts/packaging/build.ts';
import { nativeTarget, type Target, targetNamed } from '../../scripts/packaging/target.ts';

const run = promisify(execFile);

/** Large libraries, so that the bundle is as varied as that of a provider. */
const MAIN = `import { position } from '../../lib/probe/position.ts';
import { shared } from '../../lib/probe/shared.ts';

declare const DRP_PLUGINS_VERSION: string;

async function main(): Promise<void> {
  if (process.argv[2] === 'define') {
    console.log('{"Name":"probe","Version":"v1.2.3"}');
    return;
  }
  const loaded = await Promise.all([import('got'), import('js-yaml'), import('ajv'), import('yargs')]);
  const later = (await import('../../lib/probe/later.ts')).position();
  const told = { version: DRP_PLUGINS_VERSION, loaded: loaded.length, now: position(), later, shared: shared() };
  console.log(JSON.stringify(told));
}
void main();
`;

const POSITION = `import sea from 'node:sea';
import { getCallSites } from 'node:util';

/** A comment, which the bundle does not have. */
interface Position {
  script: string | undefined;
  line: number | undefined;
  sources: unknown;
}

export function position(): Position {
  const frame = getCallSites()[0]; // line 12
  return {
    script: frame?.scriptName,
    line: frame?.lineNumber,
    sources: JSON.parse(sea.getAsset('sources.json', 'utf8')),
  };
}
`;

/** Needed at the start and later, so that it is a script of its own within the one of the start. */
const SHARED = `import { getCallSites } from 'node:util';

export function shared() {
  const frame = getCallSites()[0]; // line 4
  return { script: frame?.scriptName, line: frame?.lineNumber };
}
`;

async function makeProject(): Promise<string> {
  const root = await mkdtemp(join(tmpdir(), 'build-'));
  await mkdir(join(root, 'cmd', 'probe'), { recursive: true });
  await mkdir(join(root, 'lib', 'probe'), { recursive: true });
  await writeFile(join(root, 'package.json'), '{"version":"1.2.3","type":"module"}');
  await writeFile(join(root, 'cmd', 'probe', 'main.ts'), MAIN);
  // Makes it a provider.
  await writeFile(join(root, 'cmd', 'probe', 'plugin.ts'), '');
  await writeFile(join(root, 'lib', 'probe', 'position.ts'), POSITION);
  await writeFile(join(root, 'lib', 'probe', 'later.ts'), `import './shared.ts';\n${POSITION}`);
  await writeFile(join(root, 'lib', 'probe', 'shared.ts'), SHARED);
  await symlink(join(import.meta.dirname, '../../node_modules'), join(root, 'node_modules'));
  return root;
}

suite('an executable', () => {
  const native = nativeTarget();
  let roots: string[] = [];
  let path = '';

  before(async () => {
    roots = await Promise.all([makeProject(), makeProject()]);
    await Promise.all(roots.map((root) => build(root, [], [native], () => {})));
    path = join(roots[0] ?? '', 'bin', native.name, 'probe');
  });
  after(() => Promise.all(roots.map((root) => rm(root, { recursive: true, force: true }))));

  test('has the same bytes when it is built in another folder', async () => {
    const sums = await Promise.all(roots.map((root) => sha256(join(root, 'bin', native.name, 'probe'))));
    assert.equal(sums[0], sums[1]);
  });

  test('runs without anything around it, quietly, and tells its version and the source of a line', async () => {
    const { stdout, stderr } = await run(path, [], {
      cwd: '/',
      env: { NODE_OPTIONS: '--no-such-option', NODE_DEBUG: 'module,fs,net' },
    });
    assert.equal(stderr, '');
    const told = JSON.parse(stdout);
    assert.equal(told.version, 'v1.2.3');
    assert.equal(told.loaded, 4);
    const { files, scripts } = told.now.sources;
    const sourceOf = ({ script, line }: { script: string; line: number }) => {
      const [, file, sourceLine] = scripts[script].find(([scriptLine]: number[]) => scriptLine === line);
      return `${files[file]}:${sourceLine}`;
    };
    assert.equal(sourceOf(told.now), 'lib/probe/position.ts:12');
    assert.equal(sourceOf(told.shared), 'lib/probe/shared.ts:4');
    assert.equal(sourceOf(told.later), 'lib/probe/later.ts:13');
    const own = ['later', 'position', 'shared'].map((name) => `lib/probe/${name}.ts`);
    assert.deepEqual(files.sort(), ['cmd/probe/main.ts', ...own]);
  });

  test('has a code cache that is accepted when it starts', async () => {
    // Node.js warns of one that is not, before any script could see it. The executable's own option against warnings
    // gives way to a harmless one of the same length.
    const content = await readFile(path);
    content.write('--title=probe', content.lastIndexOf('--no-warnings'));
    const talkative = join(roots[0] ?? '', 'talkative');
    try {
      await writeFile(talkative, content, { mode: 0o755 });
      const { stderr } = await run(talkative);
      assert.equal(stderr, '');
    } finally {
      await rm(talkative, { force: true });
    }
  });

  test('stands in SHA256SUMS with its sum', async () => {
    const sums = await readFile(join(roots[0] ?? '', 'bin', 'SHA256SUMS'), 'utf8');
    assert.equal(sums, `${await sha256(path)}  ${native.name}/probe\n`);
  });

  test('is not made again when nothing changed', async () => {
    const lines: string[] = [];
    await build(roots[0] ?? '', ['probe'], [native], (line) => lines.push(line));
    assert.equal(lines.at(-1), `bin/${native.name}/probe: up to date`);
  });

  test('of a provider that endpoints would skip is refused, also when it is made already', async () => {
    const root = await mkdtemp(join(tmpdir(), 'build-'));
    try {
      await mkdir(join(root, 'cmd', 'mute'), { recursive: true });
      await writeFile(join(root, 'package.json'), '{"version":"1.2.3","type":"module"}');
      await writeFile(join(root, 'cmd', 'mute', 'main.ts'), "import './plugin.ts';\n");
      await writeFile(join(root, 'cmd', 'mute', 'plugin.ts'), "throw new Error('contradiction');\n");
      await symlink(join(import.meta.dirname, '../../node_modules'), join(root, 'node_modules'));
      for (let time = 0; time < 2; time++) {
        await assert.rejects(
          build(root, [], [native], () => {}),
          new RegExp(`^Error: bin/${native.name}/mute: endpoints would not take it: .*contradiction`, 's'),
        );
      }
    } finally {
      await rm(root, { recursive: true, force: true });
    }
  });

  test('of a command that is not there is refused by name', async () => {
    await assert.rejects(
      build(roots[0] ?? '', ['missing'], [native], () => {}),
      /no cmd\/missing\/main\.ts; there are: probe/,
    );
  });

  test('for another architecture is one of that architecture', async (t) => {
    const other = targetNamed(native.arch === 'x64' ? 'linux/arm64' : 'linux/amd64');
    try {
      await build(roots[0] ?? '', [], [other], () => {});
    } catch (error) {
      if (!/npm could not fetch/.test(String(error))) throw error;
      t.skip('its Node.js is not in .build/base and the npm registry cannot be reached');
      return;
    }
    assert.equal(await elfMachine(join(roots[0] ?? '', 'bin', other.name, 'probe')), MACHINE[other.arch]);
    const sums = await readFile(join(roots[0] ?? '', 'bin', 'SHA256SUMS'), 'utf8');
    assert.deepEqual(
      sums.split('\n').map((line) => line.slice(66)),
      [...[native.name, other.name].sort().map((name) => `${name}/probe`), ''],
    );
  });
});

test('a target that there is not is refused with the names of those there are', () => {
  assert.throws(
    () => targetNamed('linux/386'),
    /no target linux\/386; .*linux\/amd64 linux\/arm64 darwin\/amd64 darwin\/arm64/,
  );
});

/** EM_X86_64 and EM_AARCH64 of the ELF specification. */
const MACHINE: Record<Target['arch'], number> = { x64: 62, arm64: 183 };

/** The architecture that an ELF file names in its header. */
async function elfMachine(path: string): Promise<number> {
  const file = await open(path);
  try {
    const header = Buffer.alloc(20);
    await file.read(header, 0, header.length, 0);
    assert.equal(header.toString('latin1', 0, 4), '\x7fELF');
    return header.readUInt16LE(18);
  } finally {
    await file.close();
  }
}

async function sha256(path: string): Promise<string> {
  return createHash('sha256')
    .update(await readFile(path))
    .digest('hex');
}
