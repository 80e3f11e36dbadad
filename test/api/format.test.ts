import assert from 'node:assert/strict';
import { test } from 'node:test';
import { decodeYaml, pretty } from '../../lib/api/index.ts';

test('YAML is read by the rules of 1.1, JSON as it is', async () => {
  const text = 'a: yes\nb: 010\nc: 2001-01-01\nd: ~\n1: one\nbase: &b { x: 1 }\nmerged: { <<: *b, z: 2 }\n';
  assert.deepEqual(await decodeYaml(text), {
    1: 'one',
    a: true,
    b: 8,
    c: '2001-01-01',
    d: null,
    base: { x: 1 },
    merged: { x: 1, z: 2 },
  });
  assert.deepEqual(await decodeYaml('{"a": [1, "x"]}'), { a: [1, 'x'] });
  assert.equal(await decodeYaml('null'), null);
});

test('YAML is read as a pack is', async () => {
  const text =
    'a: 12:30:45\nb: 1:20\nc: 083\nd: 0o14\ne: 1e3\nf: 2001-12-14 21:59:43\ng: [\n1_000]\nh: 1\nh: 2\n';
  assert.deepEqual(await decodeYaml(text), {
    a: '12:30:45',
    b: '1:20',
    c: 83,
    d: 12,
    e: '1e3',
    f: '2001-12-14 21:59:43',
    g: [1000],
    h: 2,
  });
});

test('what is JSON is read as JSON', async () => {
  assert.deepEqual(await decodeYaml('{"a": 1e3, "b": "\\ud83d\\ude00\\/"}'), { a: 1000, b: '\u{1f600}/' });
});

test('numbers without a form in JSON are refused', async () => {
  await assert.rejects(decodeYaml('a: .inf'), /Infinity has no form in JSON/);
  assert.deepEqual(await decodeYaml('{"a": 1e400}'), { a: '1e400' });
});

test('a second document is refused, since it would not be read', async () => {
  await assert.rejects(decodeYaml('a: 1\n---\nb: 2\n'), /line 3: a second YAML document/);
  assert.deepEqual(await decodeYaml('---\na: 1\n---\n# no more\n'), { a: 1 });
});

test('aliases that multiply are refused', async () => {
  const levels = Array.from(
    { length: 9 },
    (_, level) => `a${level + 1}: &a${level + 1} [${`*a${level}, `.repeat(9)}]`,
  );
  await assert.rejects(decodeYaml(`a0: &a0 [x]\n${levels.join('\n')}\n`), /too many values/);
});

test('broken YAML is an error that says where', async () => {
  await assert.rejects(decodeYaml('a: [1\nb: 2'), (error: Error & { code?: number }) => {
    assert.equal(error.code, 400);
    assert.match(error.message, /line 2: /);
    return true;
  });
});

test('YAML cannot reach a prototype', async () => {
  const value = (await decodeYaml('__proto__: { polluted: 1 }\na: 1')) as Record<string, unknown>;
  assert.deepEqual(Object.keys(value), ['a']);
  assert.equal(Reflect.get({ ...value }, 'polluted'), undefined);
});

test('values are written for people, and read back the same', async () => {
  const value = { b: ['010', 'yes', 8, null], a: { text: 'two\nlines' }, date: '2001-01-01' };
  assert.equal(await pretty('json', { a: [1] }), '{\n  "a": [\n    1\n  ]\n}');
  assert.deepEqual(await decodeYaml(await pretty('yaml', value)), value);
  assert.equal(await pretty('json', undefined), 'null');
  await assert.rejects(pretty('xml' as never, 1), /Unknown pretty format xml/);
});
