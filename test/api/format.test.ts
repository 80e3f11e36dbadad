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

test('broken YAML is an error that says where', async () => {
  await assert.rejects(decodeYaml('a: [1\nb: 2'), (error: Error & { code?: number }) => {
    assert.equal(error.code, 400);
    assert.match(error.message, /\(\d+:\d+\)/);
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
