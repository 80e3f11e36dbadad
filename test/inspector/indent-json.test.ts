import assert from 'node:assert/strict';
import { test } from 'node:test';
import { indentJson } from '../../lib/inspector/page/parts/indent-json.ts';
import { fc } from '../support/properties.ts';

test('JSON is laid out as JSON.stringify does it', () => {
  fc.assert(
    fc.property(fc.jsonValue(), fc.constantFrom(undefined, 1, '\t'), (value, space) => {
      const text = JSON.stringify(value, null, space);
      assert.equal(indentJson(text), JSON.stringify(JSON.parse(text), null, 2));
    }),
  );
});

test('numbers and names stay as they are', () => {
  assert.equal(
    indentJson('{"a":12345678901234567890,"a":1.0,"b":[1e3,[]],"c":{}}'),
    '{\n  "a": 12345678901234567890,\n  "a": 1.0,\n  "b": [\n    1e3,\n    []\n  ],\n  "c": {}\n}',
  );
});

test('what is no JSON is not laid out', () => {
  for (const text of ['', 'READY!', '{"a": }', '[1] [2]']) assert.equal(indentJson(text), undefined);
});
