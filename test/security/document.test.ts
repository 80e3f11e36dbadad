import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';

const root = join(import.meta.dirname, '../..');
const UNITS: Readonly<Record<string, number>> = { '': 1, KiB: 1024, MiB: 1024 ** 2, s: 1000, min: 60_000 };

const operators = await readFile(join(root, 'docs/security.md'), 'utf8');
const proofs = await readFile(join(root, 'docs/security-proofs.md'), 'utf8');

/** `64 * 1024 * 1024` and `60_000` as numbers. */
function product(text: string): number {
  return text.split('*').reduce((result, factor) => result * Number(factor.trim().replaceAll('_', '')), 1);
}

/** What is below a heading of the second level. */
function part(text: string, heading: string): string {
  return text.split(/^## /m).find((section) => section.startsWith(`${heading}\n`)) ?? assert.fail(heading);
}

/** The cells of the table's rows below a heading. */
function rows(text: string, heading: string): string[][] {
  const lines = part(text, heading).split('\n');
  const cells = lines.filter((line) => line.startsWith('|')).map((line) => line.slice(2, -2).split(' | '));
  return cells.slice(2).map((row) => row.map((cell) => cell.trim()));
}

test('the tests that docs/security-proofs.md names are there', async () => {
  let named = 0;
  for (const [, file = '', names = ''] of proofs
    .replace(/\s+/g, ' ')
    .matchAll(/`([\w-]+\/[\w-]+)`: ("[^"]+"(?:(?: and|,)? "[^"]+")*)/g)) {
    const path = join(root, 'test', `${file}.test.ts`);
    assert.ok(existsSync(path), path);
    const source = await readFile(path, 'utf8');
    for (const [, name = ''] of names.matchAll(/"([^"]+)"/g)) {
      assert.ok(source.includes(name), `${file}: ${name}`);
      named += 1;
    }
  }
  assert.ok(named > 80, `${named} are named`);
});

test('each who of docs/security.md has its proof', () => {
  const connecting = (text: string) => rows(text, 'Who may connect').map(([what]) => what);
  assert.deepEqual(connecting(proofs), connecting(operators));
  const [first = ''] = part(operators, 'What others can do, and cannot').split('\n\nRegular expressions');
  const others = [...first.matchAll(/^\*\*(.+?)\*\*/gm)].map(([, who]) => who);
  const proven = rows(proofs, 'What others can do, and cannot').map(([who]) => who);
  assert.ok(others.length > 10);
  assert.deepEqual([...new Set(proven)], others);
  const shown = [...rows(proofs, 'Who may connect'), ...rows(proofs, 'What others can do, and cannot')];
  for (const row of shown) assert.match(row.at(-1) ?? '', /^`[\w-]+\/[\w-]+`: "/, row.join(' | '));
});

test('the limits that docs/security.md tells are those of the code', async () => {
  const places = new Map(rows(proofs, 'Limits').map(([of = '', place = '']) => [of, place]));
  let told = 0;
  for (const [of = '', most = ''] of rows(operators, 'Limits')) {
    const place = places.get(of) ?? '';
    places.delete(of);
    const [, figure = '', unit = ''] = /^(\d+)(?: (\w+))?$/.exec(most) ?? [];
    const [, file = '', name = ''] = /^`([^`]+)` `(\w+)`$/.exec(place) ?? [];
    if (file === '') continue;
    const source = await readFile(join(root, file), 'utf8');
    const [, value = ''] = new RegExp(`\\b${name}(?: =|:) ([\\d_]+(?: \\* [\\d_]+)*)[;,]`).exec(source) ?? [];
    assert.equal(product(value), Number(figure) * (UNITS[unit] ?? Number.NaN), `${of}: ${most}`);
    told += 1;
  }
  assert.ok(told > 55, `${told} are told`);
  assert.deepEqual([...places.keys()], []);
});
