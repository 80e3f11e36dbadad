import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import {
  cp,
  mkdtemp,
  readdir,
  readFile,
  realpath,
  rename,
  rm,
  stat,
  symlink,
  utimes,
  writeFile,
} from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, suite, type TestContext, test } from 'node:test';
import { promisify } from 'node:util';

const project = join(import.meta.dirname, '../..');
const run = promisify(execFile);
/** Four first starts at once compile four archives: half a minute of CPU with coverage. */
const LIMIT_MS = 600_000;

suite('scripts/drpkit', { concurrency: false }, () => {
  let root = '';
  let archive = '';

  // One project for all tests, each of which leaves its sources as they were: making an archive takes long.
  before(async () => {
    root = await mkdtemp(join(tmpdir(), 'drpkit-start-'));
    archive = join(root, '.build/drpkit.archive');
    for (const name of ['cmd', 'lib', 'scripts', 'package.json', 'package-lock.json', 'tsconfig.json']) {
      await cp(join(project, name), join(root, name), { recursive: true });
    }
    await symlink(join(project, 'node_modules'), join(root, 'node_modules'));
  });
  after(() => rm(root, { recursive: true, force: true }));

  const start = async (...args: string[]) => {
    const { stdout } = await run(join(root, 'scripts/drpkit'), args, { timeout: LIMIT_MS });
    return stdout;
  };

  /** What drpkit says of itself, which the tests change. */
  const help = join('cmd', 'drpkit', 'help.ts');
  /** Changes it until the end of the test. */
  const change = async (context: TestContext, from: string, to: string) => {
    const text = await readFile(join(root, help), 'utf8');
    assert.ok(text.includes(from));
    await writeFile(join(root, help), text.replace(from, to));
    context.after(() => cp(join(project, help), join(root, help)));
  };

  test('started several times at once for the first time, all of them work and one archive stays', async () => {
    const texts = await Promise.all([1, 2, 3, 4].map(() => start('contents', '--help')));
    for (const text of texts) assert.match(text, /drpkit contents \[command\]/);
    // macOS runs no program that is not signed.
    const runner = process.platform === 'linux' ? ['drpkit-node'] : [];
    assert.deepEqual(await readdir(join(root, '.build')), [...runner, 'drpkit.archive']);
  });

  test('keeps code caches that are accepted', async () => {
    await start();
    const preload = join(root, 'preload.cjs');
    await writeFile(
      preload,
      `const vm = require('node:vm');
      vm.Script = class extends vm.Script {
        constructor(...args) {
          super(...args);
          console.error(this.cachedDataRejected);
        }
      };`,
    );
    const env = { ...process.env, NODE_OPTIONS: `--require=${preload}` };
    const { stderr } = await run(join(root, 'scripts/drpkit'), ['contents', '--help'], { env });
    assert.match(stderr, /^(false\n)+$/);
  });

  test('a command sees the Node.js of the project, by whatever it was started', async () => {
    await start();
    const preload = join(root, 'preload.cjs');
    await writeFile(
      preload,
      `process.on('exit', () => {
        console.error(process.execPath, process.argv.slice(1).join(' '), require('node:sea').isSea());
      });`,
    );
    const env = { ...process.env, NODE_OPTIONS: `--require=${preload}` };
    const { stderr } = await run(join(root, 'scripts/drpkit'), ['contents', '--help'], { env });
    const [path = '', script, ...rest] = stderr.trim().split(' ');
    assert.equal(await realpath(path), await realpath(process.execPath));
    assert.match(script ?? '', /\/scripts\/(drpkit|packaging\/archive)\.cjs$/);
    assert.deepEqual(rest, ['contents', '--help', 'false']);
  });

  test('loads none of what takes longest in Node.js before a command needs it', async () => {
    const preload = join(root, 'preload.cjs');
    await writeFile(
      preload,
      `const before = new Set(process.moduleLoadList);
      process.on('exit', () => console.error(process.moduleLoadList.filter((name) => !before.has(name)).join()));`,
    );
    const env = { ...process.env, NODE_OPTIONS: `--require=${preload}` };
    await start();
    for (const args of [['contents'], ['machines', 'list'], ['users', 'list'], ['contents', 'bundle']]) {
      const { stderr } = await run(join(root, 'scripts/drpkit'), [...args, '--help'], { env });
      assert.match(stderr, /NativeModule vm/);
      assert.doesNotMatch(stderr, /NativeModule (crypto|fs\/promises|http|https|net|stream|url|yargs)\b/);
    }
  });

  test('can be called by a link from elsewhere, as npx does', async () => {
    const link = join(root, 'elsewhere');
    await symlink(join(root, 'scripts/drpkit'), link);
    const { stdout } = await run(link, ['--help'], { cwd: '/', timeout: LIMIT_MS });
    assert.match(stdout, /^The kit for writers/);
  });

  test('makes an archive anew that is damaged', async () => {
    const whole = await start();
    const content = await readFile(archive);
    for (const damaged of [Buffer.from('milk'), content.subarray(0, 100)]) {
      await writeFile(archive, damaged);
      assert.equal(await start(), whole);
      assert.ok((await stat(archive)).size > damaged.length);
    }
  });

  test('keeps what it made of its sources, and makes it anew when one of them is another', async (context) => {
    assert.match(await start(), /^The kit for writers/);
    const { mtimeMs: made } = await stat(archive);
    assert.match(await start('machines', '--help'), /drpkit machines \[command\]/);
    assert.equal((await stat(archive)).mtimeMs, made, 'nothing changed');

    // As long as before, and with the same time of its last change: as a package that is unpacked over another.
    const { atime, mtime } = await stat(join(root, help));
    await change(context, 'The kit for writers', 'The KIT for writers');
    await utimes(join(root, help), atime, mtime);
    assert.match(await start(), /^The KIT for writers/);
    assert.notEqual((await stat(archive)).mtimeMs, made);

    await rename(join(root, 'tsconfig.json'), join(root, 'tsconfig.away'));
    context.after(() => rename(join(root, 'tsconfig.away'), join(root, 'tsconfig.json')));
    await start();
    await change(context, 'The KIT for writers', 'For writers');
    assert.match(await start(), /^For writers/);
  });

  test('says what is wrong in a source that is not valid, in place of running the one before', async (context) => {
    await start();
    await change(context, 'export function', 'export funktion');
    await assert.rejects(start(), /SyntaxError|Expected/);
  });

  test('runs from its sources where it cannot keep anything', async (context) => {
    await rm(join(root, '.build'), { recursive: true });
    await writeFile(join(root, '.build'), 'no folder');
    context.after(() => rm(join(root, '.build')));
    assert.match(await start(), /^The kit for writers/);
    await change(context, 'The kit for writers', 'For writers');
    assert.match(await start(), /^For writers/);
  });
});
