import assert from 'node:assert/strict';
import { test } from 'node:test';
import { downloadUrl, fileName, findItem, newest, offers, readCatalog } from '../../lib/catalog/index.ts';
import { sumOf } from '../../lib/catalog/item.ts';

const SUM = 'a'.repeat(64);
const LINUX = { arch: 'amd64', os: 'linux' };

const item = (fields: Record<string, unknown>) => ({
  Name: 'ipmi',
  Version: 'stable',
  ContentType: 'PluginProvider',
  Source: 'http://c.example/rebar-catalog/ipmi/v4.6.2',
  Shasum256: { 'amd64/linux': SUM },
  ...fields,
});

const catalogOf = (items: Record<string, unknown>) =>
  readCatalog({ meta: { Name: 'rackn-catalog' }, sections: { catalog_items: items } });

const one = (fields: Record<string, unknown>) => findItem(catalogOf({ x: item(fields) }), 'ipmi', 'stable');

test('each type of item has the URL and the file name that drpcli gives it', () => {
  const cases: [Record<string, unknown>, typeof LINUX, string, string][] = [
    [{}, LINUX, 'http://c.example/rebar-catalog/ipmi/v4.6.2/amd64/linux/ipmi', 'ipmi'],
    [
      { ContentType: 'DRPCLI' },
      { arch: 'amd64', os: 'windows' },
      'http://c.example/rebar-catalog/ipmi/v4.6.2/amd64/windows/ipmi.exe',
      'ipmi',
    ],
    [
      { ContentType: 'ContentPackage', Source: 'http://c.example/p/v1.json' },
      LINUX,
      'http://c.example/p/v1.json',
      'ipmi.json',
    ],
    [
      { ContentType: 'DRPUX', Source: 'http://c.example/ux.zip' },
      LINUX,
      'http://c.example/ux.zip',
      'ipmi.zip',
    ],
    [
      { ContentType: 'DRP', Source: 'http://c.example/d.zip' },
      LINUX,
      'http://c.example/d.amd64.linux.zip',
      'ipmi.zip',
    ],
    [
      { ContentType: 'DRP', Source: 'http://c.example/d.zip', Shasum256: { 'any/any': SUM } },
      LINUX,
      'http://c.example/d.zip',
      'ipmi.zip',
    ],
  ];
  for (const [fields, platform, url, file] of cases) {
    const found = one(fields);
    assert.deepEqual([downloadUrl(found, platform), fileName(found)], [url, file]);
  }
});

test('an item whose name leads elsewhere, or that says too little, is refused by its field', () => {
  for (const [fields, message] of [
    [{ Name: '../ipmi' }, /^catalog_items x: Name: expected a name without slashes, found "..\/ipmi"$/],
    [{ Name: '..' }, /Name/],
    [{ Name: '' }, /Name/],
    [{ Version: 'v1/../..' }, /Version/],
    [{ ContentType: 'Script' }, /ContentType: expected one of ContentPackage, .*, found "Script"$/],
    [{ Source: '' }, /Source/],
    [{ Source: 7 }, /Source: expected text/],
  ] as const) {
    assert.throws(() => one(fields), { code: 400, message });
  }
  assert.throws(() => readCatalog([]), { code: 400, message: /expected a catalog/ });
});

test('without a sum for the machine there is nothing to install', () => {
  assert.equal(sumOf(one({ Shasum256: { 'amd64/linux': SUM.toUpperCase() } }), LINUX), SUM);
  assert.equal(sumOf(one({ Shasum256: { 'any/any': SUM } }), LINUX), SUM);
  assert.throws(() => sumOf(one({}), { arch: 'arm64', os: 'linux' }), {
    code: 404,
    message: 'ipmi stable: is not available for arm64/linux; the catalog has amd64/linux',
  });
  for (const Shasum256 of [{ 'amd64/linux': 'NOTFOUND' }, { 'amd64/linux': '' }])
    assert.throws(() => sumOf(one({ Shasum256 }), LINUX), { code: 400, message: /no SHA-256 sum/ });
});

test('what there is, is listed by name with its versions sorted', () => {
  const catalog = catalogOf({
    'ipmi-v2': item({ Version: 'v2.0.0' }),
    'ipmi-stable': item({}),
    tools: item({ Name: 'tools', ContentType: 'ContentPackage' }),
  });
  assert.deepEqual(offers(catalog), {
    ipmi: { Type: 'PluginProvider', Versions: ['stable', 'v2.0.0'] },
    tools: { Type: 'ContentPackage', Versions: ['stable'] },
  });
  assert.throws(() => findItem(catalog, 'ipmi', 'tip'), {
    code: 404,
    message: 'ipmi version tip not in catalog; it has stable, v2.0.0',
  });
});

test('the newest version is found by number, with pre-releases before their release', () => {
  assert.equal(newest(['v1.10.0', 'v1.9.0', 'v1.10.1-dev.2', 'milk']), 'v1.10.1-dev.2');
  assert.equal(newest(['v1.0.1', 'v1.0.1-dev.3']), 'v1.0.1');
  assert.equal(newest([]), undefined);
});
