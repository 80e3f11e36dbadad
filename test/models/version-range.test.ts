import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite, test } from 'node:test';
import {
  prerequisitesIn,
  prerequisiteVersion,
  readVersion,
  readVersionRange,
} from '../../lib/models/index.ts';

const table = readFileSync(join(import.meta.dirname, '..', 'fixtures', 'version-ranges.txt'), 'utf8');
const rows = table.split('\n').filter((line) => line !== '' && !line.startsWith('#'));

suite('a range is taken or refused as the recorded endpoint does', () => {
  assert.equal(rows.length, 26);
  for (const row of rows) {
    const [range = '', taken] = row.split('\t');
    test(row, () => {
      if (taken === 'true') assert.equal(typeof readVersionRange(range), 'function');
      else assert.throws(() => readVersionRange(range), { name: 'ModelError', code: 400 });
    });
  }
});

/** A range, versions that lie in it, and versions that do not. */
const MEANINGS: readonly (readonly [range: string, within: string, without: string])[] = [
  ['1.2.3', '1.2.3 1.2.3+b', '1.2.2 1.2.4 1.2.3-a'],
  ['=1.2.3', '1.2.3', '1.2.4'],
  ['==1.2.3', '1.2.3', '1.2.4'],
  ['!1.2.3', '1.2.2 1.2.4', '1.2.3'],
  ['!=1.2.3', '1.2.2 1.2.4', '1.2.3'],
  ['<1.2.3', '1.2.2 1.2.3-a', '1.2.3'],
  ['<=1.2.3', '1.2.3', '1.2.4'],
  ['>1.2.3', '1.2.4', '1.2.3'],
  ['>=4.1.1-beta', '4.1.1-beta 4.1.1 4.2.1-a', '4.1.1-alpha 4.1.0'],
  ['>=1.0.0 <2.0.0', '1.0.0 1.9.9', '0.9.9 2.0.0'],
  ['>=  1.0.0   <  2.0.0', '1.0.0 1.9.9', '0.9.9 2.0.0'],
  ['>1.0.0 <3.0.0 !2.0.3-beta.2', '1.0.1 2.0.3', '2.0.3-beta.2 3.0.0'],
  ['>=1.0.0 <2.0.0 || >3.0.0', '1.5.0 3.0.1', '2.0.0 3.0.0'],
  ['<1.0.0 || 2.0.0 || >3.0.0 !4.2.1', '0.9.0 2.0.0 3.1.1', '1.0.0 4.2.1'],
  ['1.x', '1.0.0 1.9.9', '0.9.9 2.0.0'],
  ['1.2.x', '1.2.0 1.2.9', '1.1.9 1.3.0'],
  ['>1.x', '2.0.0', '1.9.9'],
  ['>1.2.x', '1.3.0', '1.2.9'],
  ['>=1.x', '1.0.0 2.0.0', '0.9.9'],
  ['<1.x', '0.9.9', '1.0.0'],
  ['<=1.x', '1.9.9', '2.0.0'],
  ['<=1.2.x', '1.2.9', '1.3.0'],
  // These are what the endpoint makes of them, and not what they seem to say.
  ['1.0.0 - 2.0.0', '', '0.9.0 1.0.0 1.5.0 2.0.0'],
  ['!=1.x', '', '0.9.0 1.0.0 2.0.0'],
  ['1.x.x', '1.0.0 1.0.9', '1.1.0'],
  ['~1.x', '1.0.0', '1.0.1'],
  ['! 1.0.0', '1.0.0', '1.0.1'],
];

suite('a range means what it means to an endpoint', () => {
  for (const [text, within, without] of MEANINGS) {
    test(text, () => {
      const range = readVersionRange(text);
      const words = (versions: string) => versions.split(' ').filter((version) => version !== '');
      for (const version of words(within)) assert.ok(range(readVersion(version)), version);
      for (const version of words(without)) assert.ok(!range(readVersion(version)), version);
    });
  }
});

test('a range that is not valid is answered with what was expected', () => {
  const refused = (range: string, message: RegExp) =>
    assert.throws(() => readVersionRange(range), { message });
  refused('>=1.0', /^">=1\.0" is not a range of versions: expected >=X\.Y\.Z with all three numbers$/);
  refused(
    '>v1.0.0',
    /^">v1\.0\.0" is not .*: expected a version after one of = == ! != < <= > >= or nothing$/,
  );
  refused('', /expected a comparison such as >=1\.0\.0$/);
  for (const range of ['|| 1.0.0', '1.0.0 ||', '1.0.0 || || 2.0.0']) refused(range, /on each side of \|\|$/);
  for (const range of [
    '1.2.3-rc.x',
    '1.x.3',
    'x.x',
    '>1.2-rc.x',
    '>1a.x',
    '1.2.x.x',
    '>=1.x-beta',
    '1.0.0\t2.0.0',
  ])
    refused(range, /is not a range of versions/);
  refused(`>${'9'.repeat(5000)}`, /^">9{59}" is not a range/);
});

test('prerequisites are names, with ranges or without', () => {
  assert.deepEqual(prerequisitesIn(' one: >=1.0.0 <2.0.0 || >3.0.0 , two,, three : 1.x,'), [
    { name: 'one', requirement: '>=1.0.0 <2.0.0 || >3.0.0' },
    { name: 'two', requirement: '>=0.0.0' },
    { name: 'three', requirement: '1.x' },
  ]);
  assert.deepEqual(prerequisitesIn(''), []);
});

test('the version of a pack counts as its release for what needs it', () => {
  const holds = (range: string, version: string) => readVersionRange(range)(prerequisiteVersion(version));
  assert.ok(holds('>=1.0.1', 'v1.0.1-dev.271+g17ec5867'));
  assert.ok(holds('0.0.0', ''));
  assert.ok(!holds('>=1.0.2', 'v1.0.1-dev.271+g17ec5867'));
  assert.throws(() => prerequisiteVersion('v1.0.0+1'), { name: 'ModelError' });
});
