import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ContentObject } from '../../lib/content/index.ts';
import { jsonProblem } from '../../lib/content/json-problem.ts';
import { fc } from '../support/properties.ts';
import { readPack } from './pack.ts';

interface Pitfall {
  title: string;
  /** The value of `Schema.default` of a param, as a YAML text; or a whole file. */
  yaml?: string;
  file?: { name: string; text: string };
  value?: unknown;
  problems?: string[];
}

const pitfalls: Pitfall[] = [
  {
    title: 'yes, no, on and off are booleans',
    yaml: '[yes, No, ON, off, y, N]',
    value: [true, false, true, false, true, false],
  },
  { title: 'other spellings of them are text', yaml: '[yEs, oN, "yes"]', value: ['yEs', 'oN', 'yes'] },
  {
    title: 'dates and times are text',
    yaml: '[2020-01-02, 2001-12-14t21:59:43.10-05:00, 12:30:45]',
    value: ['2020-01-02', '2001-12-14t21:59:43.10-05:00', '12:30:45'],
  },
  {
    title: 'a leading zero is octal where it can be',
    yaml: '[010, 0o10, 08, -017, "010"]',
    value: [8, 8, 8, -15, '010'],
  },
  {
    title: 'hexadecimal, binary and underscores',
    yaml: '[0x1F, 0b101, 1_000, 0x_ff]',
    value: [31, 5, 1000, 255],
  },
  {
    title: 'very long numbers',
    yaml: '[12345678901234567890, 123456789012345678901234567890, 0x1FFFFFFFFFFFFFFFF]',
    value: [12345678901234567000, 1.2345678901234568e29, '0x1FFFFFFFFFFFFFFFF'],
  },
  {
    title: 'an exponent without sign is text',
    yaml: '[1e3, 1e+3, 1e-7, 1.5e3, .5, 5.]',
    value: ['1e3', 1000, 1e-7, '1.5e3', 0.5, '5.'],
  },
  {
    title: 'infinity is refused',
    yaml: '[.inf]',
    problems: ['error: params/a.yaml:3: Schema.default.0: Infinity has no form in JSON'],
  },
  {
    title: 'words as keys',
    yaml: '{yes: 1, no: 2, 010: 3, 1.50: 4, 2020-01-02: 5}',
    value: { true: 1, false: 2, 8: 3, 1.5: 4, '2020-01-02': 5 },
  },
  {
    title: 'null as a key is refused',
    yaml: '{~: 1}',
    problems: ['error: Cannot parse item params/a.yaml: line 3: a key must be text, a number or a boolean'],
  },
  {
    title: 'a multi-line string with trailing spaces',
    yaml: '|\n    a  \n    \tb\n\n      c\n',
    value: 'a  \n\tb\n\n  c\n',
  },
  { title: 'a folded string', yaml: '>-\n    a\n    b\n\n    c\n', value: 'a b\nc' },
  { title: 'trailing spaces of a plain string', yaml: 'a b   ', value: 'a b' },
  { title: 'trailing spaces inside of quotes', yaml: '"a b   "', value: 'a b   ' },
  {
    title: 'anchors, aliases and merge keys',
    yaml: '{a: &x {k: 1, l: 2}, b: *x, c: {<<: *x, l: 3}}',
    value: { a: { k: 1, l: 2 }, b: { k: 1, l: 2 }, c: { k: 1, l: 3 } },
  },
  {
    title: 'local tags say nothing',
    yaml: '[!foo bar, !!str 12, !!binary aGVsbG8=]',
    value: ['bar', '12', 'hello'],
  },
  { title: 'a tab after a value', yaml: 'a\t', value: 'a' },
  {
    title: 'a tab as indentation is refused',
    file: { name: 'params/a.yaml', text: 'Name: aa\nSchema:\n\ttype: string\n' },
    problems: [
      'error: Cannot parse item params/a.yaml: line 3: tab characters must not be used in indentation',
    ],
  },
  {
    title: 'a tab as indentation inside of braces',
    file: { name: 'params/a.yaml', text: 'Name: aa\nSchema: {\n\t"default": [\t1,\n\t2]\n  }\n' },
    value: [1, 2],
  },
  {
    title: 'brackets, braces and quoted text that go on in the first column',
    file: {
      name: 'params/a.yaml',
      text: 'Name: aa\nDescription: "b\nc"\nSchema:\n  default: [\n{\nx: \'d\n\ne\',\n},\n1\n]\n  type: array\n',
    },
    value: [{ x: 'd\ne' }, 1],
  },
  {
    title: 'a text block at the end of a file without a line break',
    file: { name: 'params/a.yaml', text: 'Name: aa\nSchema:\n  default: |\n    b\n    c' },
    value: 'b\nc',
  },
  {
    title: 'a folded text block at the end of a file without a line break',
    file: { name: 'params/a.yaml', text: 'Name: aa\nSchema:\n  default: >\n    b\n    c' },
    value: 'b c',
  },
  {
    title: 'the last one of equal keys counts',
    file: { name: 'params/a.yaml', text: 'Name: aa\nSchema: {default: 1}\nSchema: {default: 2}\n' },
    value: 2,
    problems: ['warning: params/a.yaml:3: Schema: occurs twice; the last one is used'],
  },
  {
    title: 'the last one of keys that are equal under two spellings counts',
    file: { name: 'params/a.yaml', text: 'Name: aa\nSchema:\n  default:\n    yes: 1\n    true: 2\n' },
    value: { true: 2 },
    problems: ['warning: params/a.yaml:5: Schema.default.true: occurs twice; the last one is used'],
  },
  {
    title: 'a merge key replaces what stands before it, and what stands after replaces it',
    yaml: '{a: &x {k: 1, l: 2}, b: {k: 5, <<: *x, l: 3}}',
    value: { a: { k: 1, l: 2 }, b: { k: 1, l: 3 } },
  },
  {
    title: 'the last one of fields that differ in case only counts, in the order of letters',
    file: { name: 'params/a.yaml', text: 'Name: aa\nschema: {default: 1}\nSchema: {default: 2}\n' },
    value: 1,
    problems: [
      'warning: params/a.yaml:3: Schema: occurs twice: schema is the same field, and schema is used',
    ],
  },
  {
    title: 'the last one of equal JSON keys counts',
    file: {
      name: 'params/a.json',
      text: '{"Name": "aa",\n "Schema": {"default": [{"x": "\\"x\\"", "y": 1,\n "x": 2}]}}',
    },
    value: [{ x: 2, y: 1 }],
    problems: ['warning: params/a.json:3: Schema.default.0.x: occurs twice; the last one is used'],
  },
  {
    title: 'the same JSON key in two objects is none',
    file: {
      name: 'params/a.json',
      text: '{"Name": "aa", "Schema": {"default": [{"x": {"x": 1}}, {"x": 2}]}}',
    },
    value: [{ x: { x: 1 } }, { x: 2 }],
  },
  {
    title: 'CRLF line ends',
    file: { name: 'params/a.yaml', text: 'Name: aa\r\nSchema:\r\n  default: |\r\n    b\r\n    c\r\n' },
    value: 'b\nc\n',
  },
  {
    title: 'a byte order mark in YAML',
    file: { name: 'params/a.yaml', text: '\ufeffName: aa\nSchema: {default: 1}\n' },
    value: 1,
  },
  {
    title: 'a byte order mark in JSON',
    file: { name: 'params/a.json', text: '\ufeff{"Name": "aa", "Schema": {"default": 1}}' },
    value: 1,
  },
  {
    title: 'an empty YAML file',
    file: { name: 'params/a.yaml', text: '' },
    problems: ['error: params/a.yaml: holds nothing'],
  },
  {
    title: 'a YAML file of comments',
    file: { name: 'params/a.yaml', text: '# Name: aa\n' },
    problems: ['error: params/a.yaml: holds nothing'],
  },
  {
    title: 'an empty JSON file',
    file: { name: 'params/a.json', text: ' \n' },
    problems: ['error: Cannot parse item params/a.json: unexpected end of JSON input'],
  },
  {
    title: 'a list instead of an object',
    file: { name: 'params/a.yaml', text: '- Name: aa\n' },
    problems: ['error: params/a.yaml: holds no object'],
  },
  {
    title: 'broken JSON',
    file: { name: 'params/a.json', text: '{"Name": "aa",\n "Schema": }' },
    problems: [`error: Cannot parse item params/a.json: line 2: Unexpected token '}'`],
  },
  {
    title: 'broken YAML',
    file: { name: 'params/a.yaml', text: 'Name: aa\nDescription: "b\n' },
    problems: ['error: Cannot parse item params/a.yaml: line 3: deficient indentation'],
  },
  {
    title: 'a second YAML document',
    file: { name: 'params/a.yaml', text: '---\nName: aa\nSchema: {default: 1}\n---\nName: b\n' },
    value: 1,
    problems: [
      'warning: params/a.yaml:5: the endpoint reads nothing from here on: a file is one YAML document',
    ],
  },
  {
    title: 'a second YAML document that is broken',
    file: { name: 'params/a.yaml', text: 'Name: aa\nSchema: {default: 1}\n---\n\nb: [\n' },
    value: 1,
    problems: [
      'warning: params/a.yaml:5: the endpoint reads nothing from here on: a file is one YAML document',
    ],
  },
  {
    title: 'lines that are indented less than the first',
    file: { name: 'params/a.yaml', text: '  Name: aa\n  Schema: {default: 1}\nDescription: b\n' },
    value: 1,
    problems: [
      'warning: params/a.yaml:3: the endpoint reads nothing from here on: a file is one YAML document',
    ],
  },
  {
    title: 'a document mark at the end',
    file: { name: 'params/a.yaml', text: '---\nName: aa\nSchema: {default: 1}\n---\n' },
    value: 1,
  },
  {
    title: 'another extension',
    file: { name: 'params/x.txt', text: 'Name: a' },
    problems: ['error: No idea how to decode x.txt into params'],
  },
];

for (const { title, yaml, file, value, problems = [] } of pitfalls) {
  test(`pitfall: ${title}`, async () => {
    const { name, text } = file ?? { name: 'params/a.yaml', text: `Name: aa\nSchema:\n  default: ${yaml}\n` };
    const pack = await readPack({ [name]: text });
    assert.deepEqual(pack.problems, problems);
    if (value === undefined) return;
    const schema = pack.bundle.sections.params?.aa?.Schema as ContentObject;
    assert.deepEqual(JSON.parse(JSON.stringify(schema.default)), JSON.parse(JSON.stringify(value)));
  });
}

test('the line of broken JSON is the one that the parser means, where it tells', () => {
  const piece = fc.constantFrom('', ',', '}', ']', '"', ':', 'x', '1', '\n', '\\', 'true', '-');
  fc.assert(
    fc.property(fc.jsonValue(), fc.nat(), piece, fc.boolean(), (value, place, inserted, removes) => {
      const json = JSON.stringify(value, null, 1);
      const at = place % (json.length + 1);
      const broken = json.slice(0, at) + inserted + json.slice(at + (removes ? 1 : 0));
      const position = positionOfError(broken);
      if (position === undefined) return;
      assert.equal(jsonProblem(broken).line, broken.slice(0, position).split('\n').length, broken);
    }),
    { numRuns: 200 },
  );
  for (const [text, line] of [
    ['[1,\n]', 2],
    ['{"a": 1,\n\n}', 3],
    ["{\n'a': 1}", 2],
    ['{"a"\n1}', 2],
    ['[1\n2]', 2],
    ['[\n01]', 2],
    ['{\n"a": nul}', 2],
    ['{}\n{}', 2],
    ['[{\n]', 2],
    ['{"a":\n', 2],
  ] as const) {
    assert.equal(jsonProblem(text).line, line, text);
  }
});

function positionOfError(text: string): number | undefined {
  try {
    JSON.parse(text);
  } catch (error) {
    const position = / at position (\d+)/.exec(String(error))?.[1];
    return position === undefined ? undefined : Number(position);
  }
  return undefined;
}
