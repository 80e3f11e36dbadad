import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { brokenAt, fieldOf, read, skeleton, textOf } from '../../lib/inspector/page/form/field.ts';
import { valuesOf } from '../../lib/inspector/page/form/form-state.ts';
import { fc } from '../support/properties.ts';

const field = (schema: unknown, more: object = {}) =>
  fieldOf('a/param', { Name: 'a/param', Schema: schema, ...more }, false);
const kind = (schema: unknown, more?: object) => field(schema, more).kind;

describe('a field is made from the schema of its param', () => {
  test('how it is asked for', () => {
    assert.equal(kind({ type: 'string' }), 'text');
    assert.equal(kind({ type: 'integer' }), 'number');
    assert.equal(kind({ type: 'number' }), 'number');
    assert.equal(kind({ type: 'boolean' }), 'flag');
    assert.equal(kind({ type: 'string', enum: ['a', 'b'] }), 'choice');
    assert.equal(kind({ enum: [1, null] }), 'choice');
    for (const schema of [
      { type: 'object' },
      { type: 'array' },
      { type: ['string', 'null'] },
      {},
      null,
      undefined,
    ])
      assert.equal(kind(schema), 'json');
    assert.equal(fieldOf('unknown', undefined, true).kind, 'json');
  });

  test('a secret is one line that is not seen, whatever its schema', () => {
    assert.equal(kind({ type: 'string', enum: ['a', 'b'] }, { Secure: true }), 'text');
    assert.equal(kind({}, { Secure: true }), 'text');
    assert.equal(kind({ type: 'boolean' }, { Secure: true }), 'json');
  });

  test('what its values are, in words', () => {
    assert.equal(
      field({ type: 'integer', minimum: 0, maximum: 65535 }).about,
      'whole number, at least 0, at most 65535',
    );
    assert.equal(field({ type: 'array', items: { type: 'string' } }).about, 'list of strings');
    assert.equal(field({ type: ['string', 'null'] }).about, 'text or null');
    assert.equal(field({ type: 'string', format: 'ipv4' }).about, 'text, ipv4');
    assert.equal(field({}).about, 'any JSON');
  });

  test('a skeleton has the members that the schema names', () => {
    const schema = {
      type: 'object',
      properties: {
        name: { type: 'string' },
        size: { type: 'integer', default: 4 },
        mode: { type: 'string', enum: ['fast'] },
        disks: { type: 'array', items: { type: 'object', properties: { slot: { type: 'integer' } } } },
        any: {},
      },
    };
    assert.deepEqual(skeleton(schema), { name: '', size: 4, mode: 'fast', disks: [{ slot: 0 }], any: null });
    assert.equal(skeleton({}), undefined);
  });
});

describe('what is typed is a value, or what is wrong with it', () => {
  const value = (schema: unknown, text: string) => read(field(schema), text);

  test('numbers', () => {
    const port = { type: 'integer', minimum: 1, maximum: 65535 };
    assert.deepEqual(value(port, '623'), { value: 623 });
    for (const text of ['0', '65536', '1.5', 'x', ' ', '1e400', '0x'])
      assert.deepEqual(value(port, text), {
        problem: 'Expected whole number, at least 1, at most 65535',
      });
    assert.deepEqual(value({ type: 'number' }, '-1.5e3'), { value: -1500 });
  });

  test('texts stay as they are', () => {
    assert.deepEqual(value({ type: 'string' }, ' 10 '), { value: ' 10 ' });
    assert.deepEqual(value({ type: 'string', minLength: 3 }, 'ab'), {
      problem: 'Expected text, at least 3 characters',
    });
    assert.equal(value({ type: 'string' }, ''), undefined);
  });

  test('JSON, with the place where it is broken, its type and its members', () => {
    const schema = { type: 'object', required: ['host', 'port'] };
    assert.deepEqual(value(schema, '{"host": 1, "port": 2}'), { value: { host: 1, port: 2 } });
    assert.deepEqual(value(schema, '{"host": 1,\n}'), {
      problem: 'Line 2, column 1: expected a name in double quotes',
    });
    assert.deepEqual(value(schema, '[]'), { problem: 'Expected object, found list' });
    assert.deepEqual(value(schema, '{"host": 1}'), { problem: 'Missing: port' });
    assert.deepEqual(value({ type: ['number', 'null'] }, '2'), { value: 2 });
    assert.equal(value({}, '  '), undefined);
  });

  test('what is wrong with a secret does not show any of it', () => {
    const secret = field({ type: 'object' }, { Secure: true });
    assert.deepEqual(read(secret, '{"key": swordfish}'), { problem: 'Expected object' });
  });

  test('any value is read as it was written', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (given) => {
        const json = field({});
        // JSON has no -0.
        const plain = JSON.parse(JSON.stringify(given));
        assert.deepEqual(read(json, textOf(json, plain)), { value: plain });
      }),
    );
  });

  test('JSON is broken where its first wrong token is', () => {
    for (const [text, line, column] of [
      ['', 1, 1],
      ['{"a": 1', 1, 8],
      ['{"a": 1}\n}', 2, 1],
      ['[1,\n  2,\n  tru]', 3, 3],
      ['{"a" 1}', 1, 6],
      ['"\\x"', 1, 1],
      ["{'a': 1}", 1, 2],
    ] as const) {
      const { offset = -1, message = '' } = brokenAt(text) ?? {};
      assert.ok(message.startsWith(`Line ${line}, column ${column}: expected `), `${text}: ${message}`);
      const before = text.slice(0, offset).split('\n');
      assert.deepEqual([before.length, (before.at(-1)?.length ?? 0) + 1], [line, column]);
    }
  });

  test('a required field may be left empty when the endpoint finds a value', () => {
    const fields = [
      fieldOf('a', { Name: 'a', Schema: { type: 'string' } }, true),
      fieldOf('b', { Name: 'b', Schema: { type: 'integer' } }, false),
    ];
    assert.deepEqual(
      valuesOf(fields, { b: '3' }, () => false),
      { values: { b: 3 }, problems: { a: 'Required' } },
    );
    assert.deepEqual(
      valuesOf(fields, {}, (name) => name === 'a'),
      { values: {}, problems: {} },
    );
  });
});
