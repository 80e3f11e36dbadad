import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, suite, test } from 'node:test';
import { addBuild, addPack, buildCatalog, ownArch } from '../../lib/catalog/index.ts';
import { writeProvider } from './provider-script.ts';

const signal = new AbortController().signal;
const here = { arch: ownArch(), os: process.platform };
const platform = `${here.arch}/${here.os}`;
/** Of which there are no executables that run here. */
const foreign = here.arch === 'arm64' ? 'amd64' : 'arm64';

suite('a catalog that is built', () => {
  let dir = '';
  beforeEach(async () => {
    dir = await mkdtemp(join(tmpdir(), 'catalog-'));
  });
  afterEach(() => rm(dir, { recursive: true, force: true }));

  const build = () =>
    buildCatalog(dir, { url: 'http://c.example/rebar-catalog/', name: 'rackn-catalog', signal });
  const takeIn = async () => {
    const said: string[] = [];
    await addBuild(dir, dir, { report: (line) => said.push(line), signal });
    return said;
  };
  const built = async (name: string, version: string, meta?: Record<string, string>) => {
    const file = join(dir, here.os, here.arch, name);
    // As scripts/build does: a new file takes the place of the one before.
    await rm(file, { force: true });
    await writeProvider(file, { name, version, meta });
  };
  const sumAt = async (...path: string[]) =>
    createHash('sha256')
      .update(await readFile(join(dir, ...path)))
      .digest('hex');

  test('has what scripts/build made, at the places that clients look at', async () => {
    await built('cow', 'v1.2.3+g1', { Prerequisites: 'field', DisplayName: 'Cow', Documentation: 'long' });
    await writeFile(join(dir, here.os, here.arch, 'tool'), '#!/bin/sh\nexit 1\n', { mode: 0o755 });
    await writeFile(join(dir, here.os, here.arch, 'tool.plugin.toml'), '');
    assert.deepEqual(await takeIn(), ['tool: not a provider, left out']);
    const { items } = await build();
    assert.deepEqual([...items.keys()], ['cow-stable', 'cow-tip', 'cow-v1.2.3+g1']);
    const Source = 'http://c.example/rebar-catalog/cow/v1.2.3%2Bg1';
    assert.deepEqual(items.get('cow-stable'), {
      Id: 'cow-stable',
      Type: 'catalog_items',
      Name: 'cow',
      Version: 'stable',
      ActualVersion: 'v1.2.3+g1',
      ContentType: 'PluginProvider',
      Source,
      NOJQSource: `cow-stable:::${Source}`,
      Shasum256: { [platform]: await sumAt('cow', 'v1.2.3+g1', here.arch, here.os, 'cow') },
      Tip: false,
      HotFix: false,
      Meta: { Name: 'cow', Prerequisites: 'field', DisplayName: 'Cow' },
    });
    assert.equal(items.get('cow-tip')?.Tip, true);
    const place = await stat(join(dir, 'cow', 'v1.2.3+g1', here.arch, here.os, 'cow'));
    assert.equal(place.nlink, 2, 'takes no place on the disk');
  });

  test('calls the newest release stable, and the newest of all tip', async () => {
    for (const version of ['v1.9.0', 'v1.10.0', 'v1.10.1-dev.3+g1']) {
      await built('cow', version);
      await takeIn();
    }
    const { items } = await build();
    assert.equal(items.get('cow-stable')?.ActualVersion, 'v1.10.0');
    assert.equal(items.get('cow-tip')?.ActualVersion, 'v1.10.1-dev.3+g1');
    assert.equal(items.size, 5);
  });

  test('has content packs', async () => {
    const pack = { meta: { Name: 'field', Version: 'v2.0.0', Description: 'Grass' }, sections: {} };
    await addPack(pack, dir, 'field.yaml');
    const { items } = await build();
    const stable = items.get('field-stable');
    assert.deepEqual(
      { type: stable?.ContentType, source: stable?.Source, sums: stable?.Shasum256, meta: stable?.Meta },
      {
        type: 'ContentPackage',
        source: 'http://c.example/rebar-catalog/field/v2.0.0.json',
        sums: { 'any/any': await sumAt('field', 'v2.0.0.json') },
        meta: { Name: 'field', Description: 'Grass' },
      },
    );
    for (const [meta, message] of [
      [{ Name: '../x', Version: 'v1.0.0' }, /x.yaml: meta.Name/],
      [{ Name: 'x', Version: '' }, /x.yaml: Version: is missing/],
      [{ Name: 'x', Version: 'v1.0.0-a' }, /is not a version/],
    ] as const) {
      await assert.rejects(addPack({ meta, sections: {} }, dir, 'x.yaml'), { code: 400, message });
    }
  });

  test('knows the version of a provider for another machine from the bill of materials', async () => {
    const file = join(dir, here.os, foreign, 'cow');
    // Something that this machine cannot run.
    await writeProvider(file, { name: 'cow', version: 'v1.0.0' });
    await writeFile(file, 'not for this machine', { mode: 0o755 });
    await assert.rejects(takeIn(), { code: 400, message: /its version is not known.*SBOM\.cdx\.json/ });
    const content = await sumAt(here.os, foreign, 'cow');
    const components = [{ version: 'v1.0.0', hashes: [{ alg: 'SHA-256', content }] }];
    await writeFile(join(dir, 'SBOM.cdx.json'), JSON.stringify({ components }));
    await takeIn();
    const { items } = await build();
    assert.deepEqual(items.get('cow-stable')?.Shasum256, { [`${foreign}/${here.os}`]: content });
  });

  test('has a version that counts up when something has changed, and only then', async () => {
    await built('cow', 'v1.0.0');
    await takeIn();
    assert.equal((await build()).meta.Version, 'v1.0.0');
    assert.equal((await build()).meta.Version, 'v1.0.0');
    await built('cow', 'v1.0.1');
    await takeIn();
    assert.equal((await build()).meta.Version, 'v1.0.1');
    const [whole, versioned] = await Promise.all(
      ['rackn-catalog.json', 'rackn-catalog/v1.0.1.json'].map((file) => readFile(join(dir, file), 'utf8')),
    );
    assert.equal(whole, versioned);
  });

  test('is refused where a file is not what its place says, or the URL is none', async () => {
    await writeProvider(join(dir, 'cow', 'v1.0.0', here.arch, here.os, 'cow'), {
      name: 'cow',
      version: 'v2.0.0',
    });
    await assert.rejects(build(), { code: 400, message: /it says that it is cow v2\.0\.0/ });
    await rm(join(dir, 'cow'), { recursive: true });
    await addPack({ meta: { Name: 'cow', Version: 'v1.0.0' }, sections: {} }, dir, 'cow');
    await writeProvider(join(dir, 'cow', 'v1.0.0', here.arch, here.os, 'cow'), {
      name: 'cow',
      version: 'v1.0.0',
    });
    await assert.rejects(build(), { code: 400, message: /v1\.0\.0 is a provider and a content pack/ });
    const url = 'ftp://c.example';
    await assert.rejects(buildCatalog(dir, { url, name: 'c', signal }), { code: 400, message: /^url: / });
  });
});
