import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, suite, test } from 'node:test';
import { promisify } from 'node:util';
import { archiveOf } from '../../scripts/packaging/archive.ts';
import { type ArchivedScripts, type Scripts, scriptsOf } from '../../scripts/packaging/bundle.ts';
import { binary } from '../support/binary.ts';

const run = promisify(execFile);
const packaging = join(import.meta.dirname, '../../scripts/packaging');

type Read = (position: number, length: number) => Buffer;
const { openArchive } = createRequire(import.meta.url)('../../scripts/packaging/archive.cjs') as {
  openArchive(read: Read, on?: { onRejected: (name: string) => void }): { inputs: unknown; run(): unknown };
};

/** Loads libraries of each kind: CommonJS with names, CommonJS that is one class, ES modules. */
const MAIN = `
declare const DRP_PLUGINS_VERSION: string;
export const loaded = Promise.all([import('rfc6902'), import('ajv-draft-04'), import('js-yaml'), import('got')]).then(
  ([{ createPatch }, { default: Ajv }, { load }, { default: got }]) => [
    createPatch({}, { a: 1 }).length,
    new Ajv().validate({ type: 'string' }, 'x'),
    load('[1, 2]'),
    typeof got.stream,
  ],
);
export const version = typeof DRP_PLUGINS_VERSION === 'string' ? DRP_PLUGINS_VERSION : 'none';
`;

const LOADED = [1, true, [1, 2], 'function'];

suite('an archive', () => {
  let root = '';
  let scripts: Scripts;
  before(async () => {
    root = await mkdtemp(join(tmpdir(), 'archive-'));
    await mkdir(join(root, 'cmd', 'tool'), { recursive: true });
    await writeFile(join(root, 'package.json'), '{"version":"1.2.3","type":"module"}');
    await writeFile(join(root, 'cmd', 'tool', 'main.ts'), MAIN);
    await symlink(join(import.meta.dirname, '../../node_modules'), join(root, 'node_modules'));
    scripts = await scriptsOf(root, 'tool', 'v1.2.3');
  });
  after(() => rm(root, { recursive: true, force: true }));

  /** What the command in an archive exports, the names of what was read of it, and the caches that were not accepted. */
  async function ran(archive: Buffer) {
    const rejected: string[] = [];
    let bytes = 0;
    const read: Read = (position, length) => {
      bytes += length;
      return archive.subarray(position, position + length);
    };
    const main = openArchive(read, { onRejected: (name) => rejected.push(name) }).run() as {
      loaded: Promise<unknown>;
      version: string;
    };
    const first = bytes;
    return { first, loaded: await main.loaded, version: main.version, rejected };
  }

  /** Makes it in another process: in this one V8 would know the scripts already, and need no code cache. */
  async function made(...options: string[]): Promise<Buffer> {
    return madeOf({ ...scripts, providers: [] }, ...options);
  }

  async function madeOf(archived: ArchivedScripts, ...options: string[]): Promise<Buffer> {
    const folder = await mkdtemp(join(root, 'make-'));
    const [input, file] = [join(folder, 'scripts.json'), join(folder, 'archive')];
    await writeFile(input, JSON.stringify(archived));
    await run(process.execPath, [...options, join(packaging, 'compile-archive.ts'), input, file], {
      cwd: folder,
    });
    return readFile(file);
  }

  test('whose code caches are not accepted works, too', async () => {
    // First: afterwards V8 knows the scripts.
    const { loaded, rejected } = await ran(await made('--max-lazy'));
    assert.deepEqual(loaded, LOADED);
    assert.ok(rejected.includes('./main.js'));
  });

  test('runs a command with what it loads later', async () => {
    const archive = await made();
    const { first, loaded, version } = await ran(archive);
    assert.deepEqual({ loaded, version }, { loaded: LOADED, version: 'v1.2.3' });
    assert.ok(first < archive.length / 10, 'what is loaded later is not read before');
  });

  test('runs without code caches, too', async () => {
    const { loaded } = await ran(archiveOf({ ...scripts, providers: [] }, { codeCache: false }));
    assert.deepEqual(loaded, LOADED);
  });

  test('has the same bytes whenever it is made', async () => {
    const [one, two] = await Promise.all([made('--random-seed=1'), made('--random-seed=1')]);
    assert.ok(one.equals(two));
  });

  suite('of a provider', () => {
    const provider = (listen: string): ArchivedScripts => {
      const later = Array.from({ length: 200 }, (_, n) => `exports.later${n} = (x) => [x, ${n}];`);
      const code = `const print = (text) => require('node:fs').writeSync(1, text);
        ${later.join('\n')}
        if (process.argv[2] === 'listen') { ${listen} }
        exports.loaded = [exports.later7(1)];
        exports.version = 'none';`;
      return {
        entry: './main.js',
        start: ['./main.js'],
        code: { './main.js': code },
        providers: ['./main.js'],
      };
    };
    const ready = provider("setImmediate(() => print('READY!\\n')); setInterval(() => {}, 1000);");

    test('has code caches with what its start needs, and works', async () => {
      const [own, full] = await Promise.all([madeOf(ready), madeOf({ ...ready, providers: [] })]);
      assert.ok(own.length < full.length / 1.5, `${own.length} bytes, ${full.length} with all functions`);
      const { loaded, rejected } = await ran(own);
      assert.deepEqual({ loaded, rejected }, { loaded: [[1, 7]], rejected: [] });
    });

    for (const [how, listen] of [
      ['throws', "throw new Error('of its own');"],
      ['fails later', "setImmediate(() => { throw new Error('of its own'); });"],
      ['ends the process', 'process.exit(3);'],
      ['has nothing more to do', "print('Failed\\n');"],
    ] as const) {
      test(`that ${how} when it starts is made, too`, async () => {
        const { loaded } = await ran(await madeOf(provider(listen)));
        assert.deepEqual(loaded, [[1, 7]]);
      });
    }
  });

  test('in the executable has code caches that are accepted', async () => {
    // As in executable.test.ts.
    const content = await readFile(binary('drpkit'));
    content.write('--title=probe', content.lastIndexOf('--no-warnings'));
    const talkative = join(root, 'talkative');
    await writeFile(talkative, content, { mode: 0o755 });
    const { stderr } = await run(talkative, ['contents', '--help']);
    assert.equal(stderr, '');
  });
});
