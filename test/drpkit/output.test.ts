import assert from 'node:assert/strict';
import { test } from 'node:test';
import { stripVTControlCharacters } from 'node:util';
import { formatted, type Look } from '../../cmd/drpkit/output/format.ts';

const LOOK: Look = { format: 'json', fields: [], header: true, length: 40 };

const COWS = [
  { Name: 'berta', Age: 3, Spots: null, Friends: ['a', 'b'], Meta: { z: 1, a: { b: true } } },
  { Name: 'x'.repeat(50), Age: 12_345_678, Friends: [] },
];

test('JSON has sorted keys and two spaces of indent', async () => {
  assert.equal(
    await formatted({ b: [1, {}], a: { d: [], c: 'ä"\n' } }, LOOK),
    '{\n  "a": {\n    "c": "ä\\"\\n",\n    "d": []\n  },\n  "b": [\n    1,\n    {}\n  ]\n}',
  );
});

test('JSON for a terminal has colors, and is the same without them', async () => {
  const value = { a: ['text', 1, true, null], b: {} };
  const plain = await formatted(value, LOOK);
  const colored = await formatted(value, { ...LOOK, colors: '' });
  const chosen = await formatted(value, { ...LOOK, colors: '0=35,1;7=31;milk' });
  for (const text of [colored, chosen]) assert.equal(stripVTControlCharacters(text), plain);
  assert.ok(colored.includes('\x1b[32m"text"\x1b[0m'));
  assert.ok(chosen.includes('\x1b[35;1m"text"\x1b[0m'));
  assert.ok(chosen.includes('\x1b[36m1\x1b[0m'));
});

test('nothing is null', async () => {
  assert.equal(await formatted(undefined, LOOK), 'null');
});

test('YAML has sorted keys, and quotes as go-yaml has them', async () => {
  const value = { b: ['yes', '010', '', '*x', 'a: b'], a: null };
  const yaml = `a: null\nb:\n- "yes"\n- "010"\n- ""\n- '*x'\n- 'a: b'\n`;
  assert.equal(await formatted(value, { ...LOOK, format: 'yaml' }), yaml);
  assert.equal(
    await formatted(value, { ...LOOK, format: 'go' }),
    `package main\n\nvar contentYamlString = \`\n${yaml}\n\`\n`,
  );
});

// The expected texts are those of the table writer of drpcli, made with the same options.
test('a table of objects has a row for each', async () => {
  assert.equal(
    await formatted(COWS, { ...LOOK, format: 'table' }),
    `+----------+---------+------------------------+------------------------------------------+-------+
| AGE      | FRIENDS | META                   | NAME                                     | SPOTS |
+----------+---------+------------------------+------------------------------------------+-------+
| 3        | [a b]   | map[a:map[b:true] z:1] | berta                                    | <nil> |
| 12345678 | []      | <nil>                  | xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx... | <nil> |
+----------+---------+------------------------+------------------------------------------+-------+
`,
  );
});

test('a table has the fields that were asked for, in that order, and cells as long as they may be', async () => {
  assert.equal(
    await formatted(COWS, { ...LOOK, format: 'table', fields: ['Name', 'Age'], length: 6 }),
    '+--------+--------+\n| NAME   | AGE    |\n+--------+--------+\n| berta  | 3      |\n| xxx... | 123... |\n+--------+--------+\n',
  );
});

test('a table of one object has a row for each field, and lines for the lines of a text', async () => {
  assert.equal(
    await formatted({ two: 'a\nb', one: true }, { ...LOOK, format: 'table' }),
    '+-------+-------+\n| FIELD | VALUE |\n+-------+-------+\n| one   | true  |\n| two   | a     |\n|       | b     |\n+-------+-------+\n',
  );
});

test('text is set apart by tabs', async () => {
  const text = { ...LOOK, format: 'text', fields: ['Name', 'Age'], length: 6 };
  assert.equal(await formatted(COWS, text), 'NAME  \tAGE    \nberta \t3     \t\nxxx...\t123...\t\n');
  assert.equal(await formatted(COWS, { ...text, header: false }), 'berta \t3     \t\nxxx...\t123...\t\n');
});

test('lists of other things have an index; an empty list has nothing', async () => {
  const table = { ...LOOK, format: 'table' };
  assert.equal(
    await formatted(['a', 2], table),
    '+-------+-------+\n| INDEX | VALUE |\n+-------+-------+\n| 0     | a     |\n| 1     | 2     |\n+-------+-------+\n',
  );
  assert.equal(await formatted([], table), '+\n+\n');
  assert.equal(await formatted([], { ...LOOK, format: 'text' }), '');
});

test('headers are in capitals, without underscores and dots', async () => {
  const [header] = (await formatted([{ 'a_b.c': 1, 'v1.2': 2 }], { ...LOOK, format: 'text' })).split('\n');
  assert.equal(header, 'A B C\tV1.2 ');
});

test('what is no table is a text, however long it may be', async () => {
  assert.equal(await formatted('text', { ...LOOK, format: 'table' }), 'text');
  assert.equal(await formatted('a long text', { ...LOOK, format: 'text', length: 6 }), 'a l...');
});
