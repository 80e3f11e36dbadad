import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';

const root = join(import.meta.dirname, '../..');
const UNITS: Readonly<Record<string, number>> = { '': 1, KiB: 1024, MiB: 1024 ** 2, s: 1000, min: 60_000 };

/** `64 * 1024 * 1024` and `60_000` as numbers. */
function product(text: string): number {
  return text.split('*').reduce((result, factor) => result * Number(factor.trim().replaceAll('_', '')), 1);
}

test('the tests that docs/security.md names are there', async () => {
  const text = (await readFile(join(root, 'docs/security.md'), 'utf8')).replace(/\s+/g, ' ');
  let named = 0;
  for (const [, file = '', names = ''] of text.matchAll(
    /`([\w-]+\/[\w-]+)`: ("[^"]+"(?:(?: and|,)? "[^"]+")*)/g,
  )) {
    const path = join(root, 'test', `${file}.test.ts`);
    assert.ok(existsSync(path), path);
    const source = await readFile(path, 'utf8');
    for (const [, name = ''] of names.matchAll(/"([^"]+)"/g)) {
      assert.ok(source.includes(name), `${file}: ${name}`);
      named += 1;
    }
  }
  assert.ok(named > 60, `${named} are named`);
});

test('the limits that docs/security.md tells are those of the code', async () => {
  const lines = (await readFile(join(root, 'docs/security.md'), 'utf8')).split('\n');
  let told = 0;
  for (const line of lines) {
    const [, figure = '', unit = '', file = '', name = ''] =
      /^\| [^|]+ \| (\d+)(?: (\w+))? \| `([^`]+)` `(\w+)` \|/.exec(line) ?? [];
    if (file === '') continue;
    const source = await readFile(join(root, file), 'utf8');
    const [, value = ''] = new RegExp(`\\b${name}(?: =|:) ([\\d_]+(?: \\* [\\d_]+)*)[;,]`).exec(source) ?? [];
    assert.equal(product(value), Number(figure) * (UNITS[unit] ?? Number.NaN), line);
    told += 1;
  }
  assert.ok(told > 30, `${told} are told`);
});
