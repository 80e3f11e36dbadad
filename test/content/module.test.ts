import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { readdir, readFile, stat } from 'node:fs/promises';
import path from 'node:path';
import { test } from 'node:test';
import { promisify } from 'node:util';
import { transformSync } from 'esbuild';
import {
  type Bundle,
  contentModule,
  parseBundle,
  readStore,
  writeWhenChanged,
} from '../../lib/content/index.ts';
import { docComment, schemaType } from '../../lib/content/schema-type.ts';
import { anyCharacter, fc } from '../support/properties.ts';
import { fixtures, temporaryFolder } from './pack.ts';

const root = path.join(import.meta.dirname, '../..');

test('the module of a pack is as it was when its types were checked', async () => {
  const { bundle, problems } = await readStore(path.join(fixtures, 'typed'));
  assert.deepEqual(problems, []);
  assert.equal(contentModule(bundle), await readFile(path.join(fixtures, 'typed.ts'), 'utf8'));
});

test('the module exports the pack as YAML', async () => {
  const { contentYamlString } = await import('../fixtures/content/typed.ts');
  assert.deepEqual(
    parseBundle(contentYamlString, 'typed'),
    (await readStore(path.join(fixtures, 'typed'))).bundle,
  );
});

test('a secret default is in no doc comment', async () => {
  const [types = ''] = contentModule((await readStore(path.join(fixtures, 'typed'))).bundle).split(
    'export const',
  );
  assert.doesNotMatch(types, /not-in-the-comment/);
});

const hard = fc.oneof(
  fc.constantFrom('*/', '/**', '"', '`', '\\', '\n', '\u2028', '__proto__', '$', '//', '</script>'),
  fc.string({ unit: anyCharacter, maxLength: 6 }),
);
const schema = fc.letrec((tie) => ({
  schema: fc.oneof(
    { depthSize: 'small' },
    fc.constantFrom<unknown>(null, true, 'x', [], {}),
    fc.record(
      {
        type: fc.constantFrom(
          'string',
          'integer',
          'number',
          'boolean',
          'null',
          'array',
          'object',
          'nonsense',
          ['string', 'array'],
        ),
        description: hard,
        enum: fc.array(fc.jsonValue({ maxDepth: 2 }), { maxLength: 3 }),
        default: fc.jsonValue({ maxDepth: 1 }),
        items: fc.oneof(tie('schema'), fc.array(tie('schema'), { maxLength: 2 })),
        additionalItems: fc.oneof(fc.boolean(), tie('schema')),
        properties: fc.dictionary(hard, tie('schema'), { maxKeys: 3 }),
        required: fc.array(hard, { maxLength: 2 }),
        additionalProperties: fc.oneof(fc.boolean(), tie('schema')),
        patternProperties: fc.dictionary(hard, tie('schema'), { maxKeys: 2 }),
        anyOf: fc.array(tie('schema'), { maxLength: 2 }),
        allOf: fc.array(tie('schema'), { maxLength: 2 }),
        $ref: fc.constantFrom('#', '#/properties/a', '#/definitions/none', 'other.json#/x'),
      },
      { requiredKeys: [] },
    ),
  ),
})).schema;

test('whatever the schema, its type is TypeScript', () => {
  fc.assert(
    fc.property(schema, hard, (value, name) => {
      const bundle: Bundle = {
        meta: {},
        sections: { params: { [name]: { Name: name, Description: name, Schema: value } } },
      };
      transformSync(contentModule(bundle), { loader: 'ts' });
    }),
    { numRuns: 60 },
  );
});

for (const [title, given, expected] of [
  ['nothing', undefined, 'unknown'],
  ['a schema that says nothing', {}, 'unknown'],
  ['several types', { type: ['string', 'null'] }, 'string | null'],
  ['an array of a union', { type: 'array', items: { type: ['string', 'integer'] } }, '(string | number)[]'],
  ['an array of anything', { type: 'array' }, 'unknown[]'],
  ['an array of arrays', { items: { items: { type: 'string' } } }, 'string[][]'],
  [
    'an array with places',
    { items: [{ type: 'string' }], additionalItems: { type: 'number' } },
    '[string?, ...number[]]',
  ],
  ['any object', { type: 'object' }, '{\n  [name: string]: unknown;\n}'],
  ['an empty object', { type: 'object', additionalProperties: false }, 'Record<string, never>'],
  [
    'an object of numbers',
    { type: 'object', patternProperties: { x: { type: 'number' } } },
    '{\n  [name: string]: unknown;\n}',
  ],
  [
    'an object of numbers and no others',
    { patternProperties: { x: { type: 'number' } }, additionalProperties: false },
    '{\n  [name: string]: number;\n}',
  ],
  [
    'named properties and others',
    { properties: { a: { type: 'string' } }, additionalProperties: { type: 'number' } },
    '{\n  "a"?: string;\n  [name: string]: unknown;\n}',
  ],
  ['an enum of objects', { enum: [{ a: [1] }, {}] }, '{ "a": [1] } | Record<string, never>'],
  ['alternatives that only require', { type: 'string', anyOf: [{ required: ['a'] }, {}] }, 'string'],
  [
    'a type and alternatives',
    { type: 'string', oneOf: [{ enum: ['a'] }, { enum: ['b'] }] },
    'string & ("a" | "b")',
  ],
  ['itself', { $ref: '#' }, 'unknown'],
  ['another document', { $ref: 'http://x.test/schema' }, 'unknown'],
  [
    'an escaped reference',
    { $ref: '#/definitions/a~1b%20c', definitions: { 'a/b c': { type: 'null' } } },
    'null',
  ],
] as const) {
  test(`the type of ${title}`, () => assert.equal(schemaType(given), expected));
}

test('a doc comment cannot be ended by its text', () => {
  assert.equal(docComment('', ''), '');
  assert.equal(docComment(' a */ b\n', '  '), '  /** a *\\/ b */\n');
  assert.equal(docComment('a\n\nb', ''), '/**\n * a\n *\n * b\n */\n');
});

test('a file is written when it changes, and left alone otherwise', async () => {
  await using folder = await temporaryFolder();
  const file = path.join(folder.path, 'a.ts');
  assert.equal(await writeWhenChanged(file, 'a'), true);
  const { mtimeNs } = await stat(file, { bigint: true });
  assert.equal(await writeWhenChanged(file, 'a'), false);
  assert.equal((await stat(file, { bigint: true })).mtimeNs, mtimeNs);
  assert.equal(await writeWhenChanged(file, 'b'), true);
  assert.deepEqual(await readdir(folder.path), ['a.ts']);
});

const run = promisify(execFile);
const generate = (...names: string[]) =>
  run(process.execPath, ['scripts/generate.ts', ...names], { cwd: root, timeout: 60_000 });

test('scripts/generate writes the modules of all packs once, and then nothing', async () => {
  await generate();
  const packs = (await readdir(path.join(root, 'content'), { withFileTypes: true })).filter((entry) =>
    entry.isDirectory(),
  );
  const times = () =>
    Promise.all(
      packs.map(({ name }) => stat(path.join(root, 'content', `${name}.generated.ts`), { bigint: true })),
    );
  const before = await times();
  assert.deepEqual(await generate('incrementer'), { stdout: '', stderr: '' });
  const after = await times();
  assert.deepEqual(
    after.map(({ mtimeNs }) => mtimeNs),
    before.map(({ mtimeNs }) => mtimeNs),
  );
});

test('the documentation of the packs that the repository holds is what scripts/generate writes', async () => {
  await generate();
  const { stdout } = await run('git', ['status', '--porcelain', 'docs/plugins'], { cwd: root });
  assert.equal(stdout, '');
  const text = await readFile(path.join(root, 'docs/plugins/incrementer.md'), 'utf8');
  assert.match(text, /\n### incrementer\/step\n/);
});

test('scripts/generate refuses a name that is not a pack', async () => {
  await assert.rejects(
    generate('nonsense'),
    /There is no content pack content\/nonsense\. There are: .*incrementer/,
  );
});

test('the packs of this project bundle without a single warning', async () => {
  const entries = await readdir(path.join(root, 'content'), { withFileTypes: true });
  const names = entries.filter((entry) => entry.isDirectory()).map(({ name }) => name);
  const bundles = await Promise.all(
    names.map(async (name) => (await readStore(path.join(root, 'content', name))).bundle),
  );
  for (const [index, name] of names.entries()) {
    const { problems } = await readStore(path.join(root, 'content', name), {
      others: bundles.toSpliced(index, 1),
      trustsRequired: true,
    });
    assert.deepEqual(
      problems.map(({ message }) => message),
      [],
      name,
    );
  }
});
