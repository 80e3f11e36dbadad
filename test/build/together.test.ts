import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, rm, stat, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, suite, test } from 'node:test';
import { promisify } from 'node:util';
import type { RawModel } from '../../lib/models/index.ts';
import { build } from '../../scripts/packaging/build.ts';
import { nativeTarget } from '../../scripts/packaging/target.ts';
import { binary, PROVIDERS } from '../support/binary.ts';
import { ProviderProcess } from '../support/provider-process.ts';

const run = promisify(execFile);
const project = join(import.meta.dirname, '../..');
const target = nativeTarget();

suite('the executable that is all providers', () => {
  let root = '';
  const file = (name: string) => join(root, 'bin', target.name, name);
  const outputOf = async (path: string, ...args: string[]) => {
    const { stdout, stderr } = await run(path, args, { env: { RS_TOKEN: 'catalog' } });
    assert.equal(stderr, '');
    return stdout;
  };

  before(async () => {
    root = await mkdtemp(join(tmpdir(), 'together-'));
    for (const name of ['cmd', 'lib', 'content', 'node_modules', 'package.json', 'package-lock.json'])
      await symlink(join(project, name), join(root, name));
    await build(root, PROVIDERS, [target], () => {}, { together: true });
  });
  after(() => rm(root, { recursive: true, force: true }));

  test('is one file with several names', async () => {
    const files = await Promise.all(PROVIDERS.map((name) => stat(file(name))));
    assert.equal(new Set(files.map(({ ino }) => ino)).size, 1);
  });

  for (const name of PROVIDERS) {
    test(`is ${name} by its name: its definition, version and protocol`, async () => {
      const [together, single] = await Promise.all(
        [file(name), binary(name)].map(
          async (path) => JSON.parse(await outputOf(path, 'define')) as RawModel,
        ),
      );
      // The build in a folder without git has another version.
      assert.deepEqual({ ...together, Version: single?.Version }, single);
      assert.equal(await outputOf(file(name), 'version'), `Version: ${together?.Version}\n`);

      await using provider = await ProviderProcess.start([file(name)]);
      assert.deepEqual([provider.stdout, provider.stderr], ['READY!\n', '']);
      const unknown = await provider.action('milk');
      assert.equal(unknown.status, 404);
      assert.deepEqual((unknown.json as RawModel).Messages, ['Unknown command: milk']);
      const wrong = await provider.send('POST', '/api-plugin/v4/action', {
        body: '{"Command":',
        headers: { 'content-type': 'application/json' },
      });
      assert.equal(wrong.status, 400);
      assert.equal((await provider.post('stop', 'null')).status, 200);
      assert.deepEqual(await provider.exited, { code: 0, signal: null });
      // The lines of the bundle lead back to the sources.
      const places = provider.endpoint.lines.map(({ File, Line }) => `${File}:${Line}`);
      assert.ok(places.length > 0);
      for (const place of places) assert.match(place, /^lib\/plugin\/[\w-]+\.ts:[1-9]\d*$/);
      assert.equal(provider.stderr, '');
    });
  }

  test('knows its name also as an endpoint calls an upload, by a link, and with a version', async () => {
    const folder = join(root, 'named');
    await mkdir(folder);
    for (const [name, is] of [
      ['.ipmi.part', 'ipmi'],
      ['packet-ipmi', 'packet-ipmi'],
      ['slack-v1.2.3', 'slack'],
    ] as const) {
      await symlink(file('incrementer'), join(folder, name));
      assert.equal(JSON.parse(await outputOf(join(folder, name), 'define')).Name, is);
    }
  });

  test('says which names it has when it is called by none of them', async () => {
    const path = join(root, 'milk');
    // By a link, the name of what that leads to would count.
    await run('ln', [join(root, '.build/together', target.name, 'providers'), path]);
    await assert.rejects(run(path, ['define']), {
      code: 1,
      stdout: '',
      stderr: `Error: this executable is several providers, by its file name: call it one of ${PROVIDERS.join(', ')}\n`,
    });
  });
});
