import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, suite, test } from 'node:test';
import type { RawModel } from '../../lib/models/index.ts';
import { writeProvider } from '../catalog/provider-script.ts';
import { providerScript, Running } from '../endpoint/running-endpoint.ts';
import { until } from '../support/until.ts';
import { Runner } from './runner.ts';

const here = { os: process.platform, arch: process.arch === 'x64' ? 'amd64' : process.arch };

/** One endpoint serves a catalog, the other one is installed on. */
suite('catalog', () => {
  let first: Running;
  let second: Running;
  let drpkit: Runner;
  let folder = '';
  let url = '';
  let work = '';

  before(async () => {
    work = await mkdtemp(join(tmpdir(), 'catalog-'));
    first = await Running.open();
    second = await Running.open();
    folder = join(first.root, 'tftpboot/files/rebar-catalog');
    url = `${first.endpoint.fileServerUrl}/files/rebar-catalog`;
    const { url: endpoint, token } = second.endpoint;
    drpkit = new Runner(
      { RS_ENDPOINT: endpoint, RS_TOKEN: token, RS_CATALOG: `${url}/rackn-catalog.json`, TMPDIR: work },
      work,
    );

    const built = (name: string) => join(folder, here.os, here.arch, name);
    await writeProvider(built('needy'), {
      name: 'needy',
      version: 'v1.0.0',
      meta: { Prerequisites: 'base: >=2.0.0' },
    });
    await writeProvider(built('lonely'), {
      name: 'lonely',
      version: 'v1.0.0',
      meta: { Prerequisites: 'nowhere' },
    });
    await writeFile(built('incrementer'), providerScript('../../cmd/incrementer/main.ts'), { mode: 0o755 });
    const pack = (Name: string, Prerequisites: string) =>
      JSON.stringify({
        meta: { Name, Version: 'v2.0.0', Prerequisites },
        sections: { stages: { [`${Name}-stage`]: { Name: `${Name}-stage` } } },
      });
    await writeFile(join(work, 'base.json'), pack('base', 'ground, BasicStore'));
    await writeFile(join(work, 'ground.json'), pack('ground', ''));
  });
  after(async () => {
    drpkit?.[Symbol.dispose]();
    await first?.[Symbol.asyncDispose]();
    await second?.[Symbol.asyncDispose]();
    await rm(work, { recursive: true, force: true });
  });

  const packs = async () => (await second.list('contents')).map(({ meta }) => (meta as RawModel).Name);
  const providers = async () => (await second.list('plugin_providers')).map(({ Name }) => Name);

  /** A catalog that says something else of one item. */
  const changed = async (id: string, change: RawModel): Promise<string> => {
    const catalog = JSON.parse(await readFile(join(folder, 'rackn-catalog.json'), 'utf8'));
    Object.assign(catalog.sections.catalog_items[id], change);
    const file = join(work, 'changed.json');
    await writeFile(file, JSON.stringify(catalog));
    return file;
  };

  test('is built of what scripts/build made and of content packs', async () => {
    const shown = await drpkit.json(
      'catalog',
      'build',
      '--dir',
      folder,
      '--url',
      url,
      'base.json',
      'ground.json',
    );
    const versions = Object.entries(shown as Record<string, RawModel>).map(([name, { Type }]) => [
      name,
      Type,
    ]);
    assert.deepEqual(versions, [
      ['base', 'ContentPackage'],
      ['ground', 'ContentPackage'],
      ['incrementer', 'PluginProvider'],
      ['lonely', 'PluginProvider'],
      ['needy', 'PluginProvider'],
    ]);
    assert.match(await drpkit.error('catalog', 'build', '--url', url), /required flag\(s\) "dir" not set/);
  });

  test('is shown: as a whole, by name, as a list, one item', async () => {
    const whole = (await drpkit.json('catalog', 'show')) as RawModel;
    assert.deepEqual(Object.keys(whole), ['meta', 'sections']);
    const offer = { Type: 'PluginProvider', Versions: ['stable', 'tip', 'v1.0.0'] };
    assert.deepEqual(((await drpkit.json('catalog', 'items')) as RawModel).needy, offer);
    assert.deepEqual(await drpkit.json('catalog', 'item', 'show', 'needy'), offer);
    assert.equal(
      await drpkit.error('catalog', 'item', 'show', 'milk'),
      'Error: No item named milk in the catalog',
    );
    const list = (await drpkit.json('catalog', 'items', 'list')) as RawModel[];
    assert.equal(list.filter(({ ContentType }) => ContentType === 'PluginProvider').length, 9);
    const detail = (await drpkit.json(
      'catalog',
      'item',
      'detail',
      'needy',
      '--version',
      'v1.0.0',
    )) as RawModel;
    assert.equal(detail.Source, `${url}/needy/v1.0.0`);
    const stable = (await drpkit.json('catalog', 'create', '--pkg-version', 'stable')) as {
      sections: { catalog_items: object };
    };
    assert.equal(Object.keys(stable.sections.catalog_items).length, 5);
  });

  test('has items that are downloaded, under their names or others', async () => {
    const { code, stdout, stderr } = await drpkit.run(['catalog', 'item', 'download', 'needy']);
    assert.deepEqual({ code, stdout, stderr }, { code: 0, stdout: '', stderr: 'Downloading needy v1.0.0\n' });
    assert.equal((await stat(join(work, 'needy'))).mode & 0o777, 0o755);
    await drpkit.run(['catalog', 'item', 'download', 'base', 'to', 'pack.json', '--version', 'tip']);
    assert.equal(JSON.parse(await readFile(join(work, 'pack.json'), 'utf8')).meta.Name, 'base');
    const { stderr: why } = await drpkit.run(['catalog', 'item', 'download', 'needy', '--arch', 'sparc']);
    assert.match(why, /^Error: needy stable: is not available for sparc\/\w+; the catalog has /m);
  });

  test('of which a provider is installed on another endpoint, and its plugin runs', async () => {
    const { code, stdout } = await drpkit.run(['catalog', 'install', 'incrementer']);
    assert.equal(code, 0);
    assert.equal((JSON.parse(stdout) as RawModel).path, 'incrementer');
    await second.ok('POST', 'plugins', { Name: 'counter', Provider: 'incrementer' });
    await until(async () => (await second.list('system/actions?plugin=counter')).length > 0, 'the plugin');
    const answer = await second.call('POST', 'system/actions/incrstatus?plugin=counter', { body: {} });
    assert.equal(answer.text, '"Running"');
  });

  test('of which nothing is installed that is not what the catalog says', async () => {
    const before = [await packs(), await providers()];
    const sums = { [`${here.arch}/${here.os}`]: 'a'.repeat(64) };
    const cases: [RawModel, RegExp][] = [
      [{ Shasum256: sums }, /has the SHA-256 sum/],
      [{ Shasum256: {} }, /is not available for/],
      [{ Name: '../needy' }, /Name: expected a name without slashes/],
      [{ Source: '../../etc' }, /leads out of the folder/],
      [{ Source: `${url}/nothing` }, /the server answers 404/],
      [
        { ContentType: 'ContentPackage', Source: `${url}/base/v2.0.0.json` },
        /is not available for|SHA-256|not the content/,
      ],
    ];
    for (const [change, message] of cases) {
      const file = await changed('needy-stable', change);
      assert.match(await installError('needy', '-c', file), message, JSON.stringify(change));
    }
    assert.match(await installError('needy', '--max-size', '0'), /max-size/);
    // The pack that needy requires is downloaded after it, and wrong.
    const file = await changed('ground-stable', { Shasum256: { 'any/any': 'a'.repeat(64) } });
    assert.match(await installError('needy', '-c', file), /ground stable: .*SHA-256/);
    assert.match(
      await installError('lonely'),
      /lonely requires nowhere: nowhere version stable not in catalog; upload it/,
    );
    const old = await changed('base-stable', { ActualVersion: 'v1.0.0' });
    assert.match(await installError('needy', '-c', old), /needy requires base >=2\.0\.0; stable is v1\.0\.0/);
    const ring = JSON.stringify({
      meta: { Name: 'ground', Version: 'v2.0.0', Prerequisites: 'base' },
      sections: {},
    });
    await writeFile(join(folder, 'ring.json'), ring);
    const round = await changed('ground-stable', {
      Source: `${url}/ring.json`,
      Shasum256: { 'any/any': createHash('sha256').update(ring).digest('hex') },
    });
    assert.match(
      await installError('needy', '-c', round),
      /needy requires base requires ground requires base: none of them can be the first/,
    );
    await rm(join(folder, 'ring.json'));
    assert.deepEqual([await packs(), await providers()], before, 'the endpoint is as before');
    assert.deepEqual(
      (await readdir(work)).filter((name) => name.startsWith('drpkit-')),
      [],
    );
  });

  const installError = async (...args: string[]) => {
    const { code, stdout, stderr } = await drpkit.run(['catalog', 'item', 'install', ...args]);
    assert.deepEqual({ code, stdout }, { code: 1, stdout: '' });
    return stderr;
  };

  test('of which a provider is installed after all that it requires', async () => {
    const { code, stderr } = await drpkit.run(['catalog', 'item', 'install', 'needy']);
    assert.equal(code, 0, stderr);
    assert.match(
      stderr,
      /Installed ground v2\.0\.0, which needy requires\nInstalled base v2\.0\.0, which needy requires\n$/,
    );
    assert.ok((await providers()).includes('needy'));
    // Again: what is there is passed over.
    const again = await drpkit.run(['catalog', 'install', 'needy']);
    assert.deepEqual([again.code, again.stderr], [0, 'Downloading needy v1.0.0\n']);
  });

  test('is copied to an endpoint of its own, and nothing is copied twice', async () => {
    const { code, stdout, stderr } = await drpkit.run(['catalog', 'updateLocal', '--concurrency', '3']);
    assert.equal(code, 0, stderr);
    const [, own = ''] = /(http:\S+rackn-catalog\.json), version v1\.0\.0/.exec(stdout) ?? [];
    assert.ok(own.startsWith(second.endpoint.fileServerUrl), stdout);
    assert.equal(await drpkit.text('catalog', 'updateLocal'), 'The catalog of the endpoint has all of it.\n');
    const source = async (from: string) =>
      ((await drpkit.json('catalog', 'item', 'detail', 'needy', '-c', from)) as RawModel).Source;
    assert.equal(await source(own), `${second.endpoint.fileServerUrl}/files/rebar-catalog/needy/v1.0.0`);
    await drpkit.run(['catalog', 'item', 'download', 'needy', 'to', 'copy', '-c', own]);
    assert.deepEqual(await readFile(join(work, 'copy')), await readFile(join(work, 'needy')));

    const out = await changed('needy-stable', { Source: `${url}/../../../x`, ActualVersion: 'v9.0.0' });
    const { code: refused, stderr: why } = await drpkit.run(['catalog', 'updateLocal', '-c', out]);
    assert.equal(refused, 1);
    assert.match(why, /Source: expected \.\.\.\/rebar-catalog\/ and then the names of folders/);
  });

  test('can be content of an endpoint, which then has its items as objects', async () => {
    const { code, stderr } = await drpkit.run(['contents', 'upload', `${url}/rackn-catalog.json`]);
    assert.equal(code, 0, stderr);
    const found = (await drpkit.json('catalog_items', 'show', 'needy-stable')) as RawModel;
    assert.deepEqual([found.Name, found.Version, found.ReadOnly], ['needy', 'stable', true]);
  });
});
