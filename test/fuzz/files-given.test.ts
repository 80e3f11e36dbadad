import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { ResultsFile } from '../../cmd/drpkit/fleet/results.ts';
import { downloadItem, downloadUrl, fetchCatalog, findItem, offers } from '../../lib/catalog/index.ts';
import { ModelError } from '../../lib/models/index.ts';
import { fc, parameters } from '../support/properties.ts';
import { cleanly, cleanlyLater } from './expectations.ts';
import { anyText, jsonText, mutated } from './texts.ts';

const HERE = { arch: 'amd64', os: 'linux' };
const item = (Name: string, more: object) => ({
  Id: `${Name}-stable`,
  Name,
  Version: 'stable',
  ActualVersion: 'v1.0.0',
  Shasum256: { 'any/any': 'a'.repeat(64) },
  ...more,
});
const CATALOG = JSON.stringify({
  meta: { Name: 'rackn-catalog', Version: 'v1.0.0' },
  sections: {
    catalog_items: {
      'base-stable': item('base', { ContentType: 'ContentPackage', Source: 'base/v1.0.0.json' }),
      'ipmi-stable': item('ipmi', {
        ContentType: 'PluginProvider',
        Source: 'ipmi/v1.0.0',
        Meta: { Prerequisites: 'base: >=1.0' },
      }),
      'drp-stable': item('drp', { ContentType: 'DRP', Source: '../../etc/%2e%2e/passwd' }),
    },
  },
});
const RESULT = { Uuid: 'u', Name: 'm', Action: 'poweron', Ok: false, Result: 'x', Milliseconds: 5 };
const RESULTS = [
  `${JSON.stringify(RESULT)}\n${JSON.stringify({ ...RESULT, Ok: true })}\n`,
  `${JSON.stringify(RESULT)}\n{"Uuid":"v"`,
];
const KEYS = [
  'meta',
  'sections',
  'catalog_items',
  'Name',
  'Version',
  'Source',
  'Shasum256',
  'ContentType',
  'Meta',
];

/** Files that somebody gives to drpkit. */
describe('a file that is anything', () => {
  let folder: string;
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'fuzz-'));
    await mkdir(join(folder, 'base'));
    await writeFile(join(folder, 'base/v1.0.0.json'), '{}');
  });
  after(() => rm(folder, { recursive: true }));

  test('is a catalog whose items can be looked at, and not be had with another sum, or is refused', async () => {
    const file = join(folder, 'catalog.json');
    const target = join(folder, 'target');
    await fc.assert(
      fc.asyncProperty(fc.oneof(mutated([CATALOG]), jsonText(KEYS), anyText), async (text) => {
        await writeFile(file, text);
        const catalog = await cleanlyLater(() => fetchCatalog(file));
        if (catalog instanceof ModelError) return;
        offers(catalog);
        for (const one of catalog.items.values()) {
          cleanly(() => findItem(catalog, one.Name, 'tip'));
          if (/^https?:/i.test(downloadUrl(one, HERE))) continue;
          assert.ok(
            (await cleanlyLater(() => downloadItem(catalog, one, HERE, target))) instanceof ModelError,
          );
          assert.ok(!existsSync(target));
        }
      }),
      parameters([[CATALOG]]),
    );
  });

  test('has results of a fleet, which are read and added to, or is refused', async () => {
    const file = join(folder, 'results.jsonl');
    await fc.assert(
      fc.asyncProperty(fc.oneof(mutated(RESULTS), anyText), async (text) => {
        await writeFile(file, text);
        const results = cleanly(() => new ResultsFile(file, 'poweron'));
        if (results instanceof ModelError) return;
        results.add({ ...RESULT, Uuid: 'last' });
        results.close();
        const again = new ResultsFile(file, 'poweron');
        again.close();
        assert.deepEqual([...again.known.keys()], [...new Set([...results.known.keys(), 'last'])]);
      }),
      parameters(RESULTS.map((text) => [text])),
    );
  });
});
