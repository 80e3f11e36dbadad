import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { test } from 'node:test';
import { CORE_SCHEMA, load, YAML11_SCHEMA } from 'js-yaml';
import { parseYamlText, SourceError } from '../../lib/content/source.ts';
import { formatYaml } from '../../lib/yaml/index.ts';
import { fixtures, readPack } from '../content/pack.ts';
import { anyCharacter, fc } from '../support/properties.ts';

/** The value as the field of an object of a provider's own, which is taken as it stands. */
async function fieldOf(yaml: string): Promise<{ value: unknown; problems: string[] }> {
  const indented = yaml.replace(/^\ufeff/, '').replace(/^(?=.)/gm, '  ');
  const { bundle, problems } = await readPack({ 'cows/a.yaml': `Id: a\nType: cows\nx:\n${indented}` });
  return { value: bundle.sections.cows?.a?.x, problems };
}

test('reads the recorded YAML texts to the values that the endpoint reads', async () => {
  const recorded: [string, unknown?][] = JSON.parse(
    await readFile(path.join(fixtures, 'go-yaml.json'), 'utf8'),
  );
  for (const [yaml, ...expected] of recorded) {
    if (expected.length === 0) continue;
    const { value } = parseYamlText(yaml);
    // Large integers are kept exactly until it is known that they are values; infinity has no form in JSON.
    const json = JSON.stringify(value, (_, item) => (typeof item === 'bigint' ? Number(item) : item));
    assert.deepEqual(JSON.parse(json), expected[0], JSON.stringify(yaml));
  }
});

test('refuses the recorded YAML texts that the endpoint refuses', async () => {
  const recorded: [string, unknown?][] = JSON.parse(
    await readFile(path.join(fixtures, 'go-yaml.json'), 'utf8'),
  );
  const refused = recorded.filter((entry) => entry.length === 1).map(([yaml]) => yaml);
  const wrapped = refused.filter((yaml) => /\.(?:inf|nan)|&x \[\*x\]/i.test(yaml));
  for (const yaml of refused.filter((text) => !wrapped.includes(text))) {
    assert.throws(() => parseYamlText(yaml), SourceError, JSON.stringify(yaml));
  }
  for (const yaml of wrapped) {
    assert.notDeepEqual((await fieldOf(yaml)).problems, [], JSON.stringify(yaml));
  }
});

/** Text that some reader takes for something else, and text that is hard to write down. */
const hardText = fc.oneof(
  fc.constantFrom(
    ...'yes no on off y n Y N true null ~ 010 0o7 0x1F 0b1 1e3 1e21 1e+400 .5 1_000 2020-01-02 2020-13-01 12:30 = <<'.split(
      ' ',
    ),
    ...[
      '',
      ' ',
      '- a',
      '# a',
      'a: b',
      'a #b',
      '---',
      '...',
      '{{.Param "x"}}',
      '%YAML',
      '|',
      '>',
      '@',
      '`',
      '&a',
      '*a',
    ],
    ...[
      'a\n',
      '\na',
      'a \nb',
      '\ta',
      'a\r\nb',
      'é\u2028',
      '\u0085',
      '\ufeff',
      '\u0000',
      '\u007f',
      '__proto__',
      '1',
    ],
  ),
  fc.string({ unit: anyCharacter, maxLength: 8 }).map((text) => text.toWellFormed()),
  fc
    .array(fc.constantFrom('', ' ', '\t', 'a', ' a', 'a ', '- b', '#'), { maxLength: 5 })
    .map((lines) => lines.join('\n')),
  fc.string({ minLength: 90, maxLength: 120 }),
);
const json = fc.letrec((tie) => ({
  value: fc.oneof(
    { depthSize: 'small' },
    hardText,
    fc.double({ noNaN: true, noDefaultInfinity: true }),
    fc.maxSafeInteger(),
    fc.boolean(),
    fc.constant(null),
    fc.array(tie('value'), { maxLength: 4 }),
    fc.dictionary(hardText, tie('value'), { maxKeys: 4 }),
  ),
})).value;

test('writes YAML that readers of 1.1, of 1.2 and the endpoint take for the same values', () => {
  fc.assert(
    fc.property(json, (value) => {
      const yaml = formatYaml({ value });
      const expected = plain({ value });
      assert.deepEqual(plain(parseYamlText(yaml).value), expected);
      assert.deepEqual(plain(load(yaml, { schema: CORE_SCHEMA })), expected);
      assert.deepEqual(plain(load(yaml, { schema: YAML11_SCHEMA })), expected);
    }),
    { numRuns: 150 },
  );
});

/** Without the difference of -0 to 0 and without null prototypes, which JSON does not know. */
function plain(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value, (_, item) => (typeof item === 'bigint' ? Number(item) : item)));
}

test('writes equal values in equal bytes, whatever the order of their keys', () => {
  assert.equal(formatYaml({ b: { d: 1, c: 2 }, a: [] }), formatYaml({ a: [], b: { c: 2, d: 1 } }));
});

test('writes exponents with a fraction, since YAML 1.1 has no other floats', () => {
  assert.equal(formatYaml([1e21, -1e-7, 1.5e300]), '- 1.0e+21\n- -1.0e-7\n- 1.5e+300\n');
});

test('does not fold long lines', () => {
  const text = 'word '.repeat(100).trim();
  assert.equal(formatYaml({ text }), `text: ${text}\n`);
});

test('an alias that holds itself is refused', async () => {
  const { problems } = await fieldOf('&x\n- *x\n');
  assert.match(String(problems), /alias \*x holds itself/);
});

test('aliases that multiply are refused', async () => {
  const levels = Array.from(
    { length: 9 },
    (_, level) => `a${level + 1}: &a${level + 1} [${`*a${level}, `.repeat(9)}]`,
  );
  const { problems } = await fieldOf(`a0: &a0 [x]\n${levels.join('\n')}\n`);
  assert.match(String(problems), /too many values/);
});

test('an integer of more than 53 bits is exact as a key and as text', async () => {
  const { bundle, problems } = await readPack({
    'params/a.yaml':
      'Name: aa\nDescription: 12345678901234567890\nSchema: {default: {1234567890123456789: 1}}\n',
  });
  assert.deepEqual(problems, []);
  assert.deepEqual(bundle.sections.params?.aa, {
    Description: '12345678901234567890',
    Name: 'aa',
    Schema: { default: { '1234567890123456789': 1 } },
  });
});
