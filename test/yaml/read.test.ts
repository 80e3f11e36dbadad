import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseJson } from '../../lib/models/index.ts';
import { closestLine, parseYaml, readYaml, YamlError } from '../../lib/yaml/index.ts';
import { fc } from '../support/properties.ts';

/** The error of a text that cannot be read. */
function errorOf(text: string): YamlError {
  try {
    readYaml(text);
  } catch (error) {
    assert.ok(error instanceof YamlError, String(error));
    return error;
  }
  assert.fail(`${JSON.stringify(text)} is read`);
}

test('lines are those of the text, also where blanks were missing', () => {
  const { lines } = parseYaml('a: [\n1,\n{\nb: "c\nd",\ne: 2}\n]\nf: 3\n');
  for (const [path, line] of [
    ['a.0', 2],
    ['a.1', 3],
    ['a.1.b', 4],
    ['a.1.e', 6],
    ['f', 8],
  ] as const) {
    assert.equal(closestLine(lines, path.split('.')), line, path);
  }
});

test('duplicates say where they are', () => {
  const { value, duplicates, lines } = parseYaml('a:\n  b: {c: 1}\n  d: 2\n  b:\n    e: 3\n');
  assert.deepEqual(value, { a: { b: { e: 3 }, d: 2 } });
  assert.deepEqual(duplicates, [{ path: ['a', 'b'], line: 4 }]);
  assert.equal(closestLine(lines, ['a', 'b', 'c']), 4);
});

test('a bracket or quote that is not closed is an error at the line where that shows', () => {
  assert.deepEqual(errorOf('a: [1,\nb: 2\nc: 3\n').line, 2);
  assert.deepEqual(errorOf('a: "x\nb: 2\nc: 3\n').line, 2);
  assert.deepEqual(errorOf('a: {b: 1\nc: [\n1\n]\n').line, 2);
});

test('what does not belong in brackets is refused, however it is indented', () => {
  for (const text of ['a: [1 2]\n]', 'a: {\nb: 1\n', 'a: [\n1\n]\n  b: 2\n', 'a: "x\ny" z\n']) errorOf(text);
});

test('a long value in the first column is read in the time of few attempts', () => {
  const members = Array.from({ length: 3000 }, (_, index) => `"k${index}": {"a": [1, "b c"]},`);
  const value = readYaml(`Name: a\ndefault: {\n${members.join('\n')}\n}\nMeta: {b: c}\n`);
  assert.equal(Object.keys((value as { default: object }).default).length, 3000);
});

test('a wide line among many in the first column does not fill the memory', () => {
  const wide = `${' '.repeat(100_000)}b: 1\n`;
  errorOf(`a: {\n${'x: 1,\n'.repeat(10_000)}}\nc:\n${wide}`);
});

test('what follows the first value, and what stands before it, may each be broken', () => {
  for (const text of ['a\nb::', 'a b\n%::', 'a\n"b":: {', '- a\n]:']) errorOf(text);
});

test('values may nest deeply', () => {
  const depth = 300;
  const value = readYaml(`${'['.repeat(depth)}${']'.repeat(depth)}`);
  assert.equal(JSON.stringify(value).length, 2 * depth);
  errorOf(`${'['.repeat(100_000)}`);
});

/** JSON whose lines begin in the first column or with a tab: a reader of YAML must not mind. */
const laidOut = fc.tuple(
  fc.dictionary(fc.constantFrom('a', 'b', 'c d', 'e: f', 'g\th'), fc.jsonValue({ maxDepth: 3 }), {
    minKeys: 1,
    maxKeys: 4,
  }),
  fc.constantFrom('', '\t', ' ', ' \t'),
  fc.constantFrom('', '  ', '- - '),
);

test('JSON inside of YAML is the same however its lines begin', () => {
  fc.assert(
    fc.property(laidOut, ([json, indent, lead]) => {
      const text = JSON.stringify(json, null, 1).replace(/\n */g, `\n${indent}`);
      const key = `${lead}x: `;
      // As readers of YAML and JSON here do, it leaves out keys named `__proto__`.
      const expected = { x: parseJson(JSON.stringify(json)) };
      const value = readYaml(`${key}${text}\n`);
      assert.deepEqual(value, lead.startsWith('-') ? [[expected]] : expected);
    }),
    { numRuns: 200 },
  );
});
