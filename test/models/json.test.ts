import assert from 'node:assert/strict';
import { test } from 'node:test';
import { jsonFrom, parseJson } from '../../lib/models/index.ts';

const SECRET = 'hunter2';

test('what is wrong with JSON is told without quoting it: it may be a secret', () => {
  const broken: [text: string, message: RegExp][] = [
    [SECRET, /^Unexpected token 'h' in JSON$/],
    [`{"Params": ${SECRET}}`, /^Unexpected token 'h' in JSON$/],
    [`["some more text", ${SECRET}, "and some after it"]`, /^Unexpected token 'h' in JSON$/],
    [`{"a": "${SECRET}" ${SECRET}}`, /^Expected ',' or '}' after property value in JSON at position 16/],
    [`"${SECRET}`, /^Unterminated string in JSON at position 8/],
    [`"${SECRET}\n"`, /^Bad control character in string literal in JSON at position 8/],
    [`\n${SECRET}`, /^Unexpected token 'h' in JSON$/],
    [`\u{1f600}${SECRET}`, /^Unexpected token '.{1,2}' in JSON$/su],
    [`{"__proto__": ${SECRET}}`, /^Unexpected token 'h' in JSON$/],
    ['undefined', /^not valid JSON$/],
    ['', /^Unexpected end of JSON input$/],
  ];
  for (const read of [parseJson, jsonFrom]) {
    for (const [text, message] of broken) {
      assert.throws(() => read(text), { name: 'SyntaxError', message });
      try {
        read(text);
      } catch (error) {
        assert.ok(error instanceof SyntaxError && error.cause === undefined);
        assert.doesNotMatch(`${error.message} ${error.stack}`, new RegExp(SECRET));
      }
    }
  }
});

test('JSON that nests deeper than the stack is an error of one line', () => {
  const deep = `{"__proto__": 1, "a": ${'['.repeat(100_000)}${']'.repeat(100_000)}}`;
  assert.throws(() => parseJson(deep), { name: 'SyntaxError', message: 'JSON nests too deeply' });
});
