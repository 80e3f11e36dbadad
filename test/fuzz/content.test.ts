import assert from 'node:assert/strict';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { describe, test } from 'node:test';
import { contentYamlString as incrementer } from '../../content/incrementer.generated.ts';
import { contentYamlString as ipmi } from '../../content/ipmi.generated.ts';
import { contentYamlString as packet } from '../../content/packet-ipmi.generated.ts';
import {
  type Bundle,
  contentModule,
  DOCUMENT_FORMATS,
  documentBundle,
  formatYaml,
  META_FIELDS,
  parseBundle,
  readBundle,
  readStore,
  unbundle,
  writeBundle,
} from '../../lib/content/index.ts';
import { ModelError } from '../../lib/models/index.ts';
import { readPack, temporaryFolder } from '../content/pack.ts';
import { bounded, fc, parameters } from '../support/properties.ts';
import { assertUnpolluted, cleanly, cleanlyLater } from './expectations.ts';
import { anyText, json, jsonText, mutated } from './texts.ts';

const packs = path.join(import.meta.dirname, '../../content');
const folders = readdirSync(packs).filter((name) => statSync(path.join(packs, name)).isDirectory());
const files = folders.flatMap((name) =>
  readdirSync(path.join(packs, name), { recursive: true, encoding: 'utf8' })
    .map((file) => ({ pack: name, file, full: path.join(packs, name, file) }))
    .filter(({ full }) => statSync(full).isFile()),
);
const texts = files.filter(({ file }) => /\.ya?ml$/.test(file)).map(({ full }) => readFileSync(full, 'utf8'));
const documents = files
  .filter(({ file }) => /\.meta$/.test(file))
  .map(({ full }) => readFileSync(full, 'utf8'));

const TYPES = [
  'params',
  'tasks',
  'stages',
  'templates',
  'profiles',
  'workflows',
  'bootenvs',
  'machines',
  'cows',
];
const KEYS = [
  ...[
    'meta',
    'sections',
    'Name',
    'ID',
    'Id',
    'Documentation',
    'Description',
    'Schema',
    'type',
    'enum',
    'default',
  ],
  ...[
    'Contents',
    'Templates',
    'Params',
    'Type',
    'Secure',
    '$ref',
    'anyOf',
    'properties',
    'items',
    'Tasks',
    'Meta',
  ],
];

const wholes = [incrementer, ipmi, packet];

/** A bundle as YAML, with objects in which anything is. */
const wildBundle = fc
  .tuple(fc.constantFrom(...TYPES), json(KEYS), json(KEYS), anyText)
  .map(([type, object, schema, Documentation]) => ({
    meta: { Name: 'wild', Documentation },
    sections: {
      [type]: { one: object, two: { Name: 'two', Documentation, Schema: schema } },
      params: { a: { Schema: schema } },
    },
  }));

/** YAML that is not what JSON could say. */
const oddYaml = fc
  .array(
    fc.tuple(
      fc.constantFrom(
        'a: ',
        '- ',
        '? ',
        '  b: ',
        '<<: ',
        '&x ',
        '*x',
        '!!set ',
        '!t ',
        '| ',
        '>-\n',
        '"',
        '{',
        '}',
        '[',
        ']',
        '%TAG ',
        '--- ',
      ),
      fc.constantFrom(
        '010',
        '0o17',
        '1_000',
        '0b11',
        '.inf',
        '.NaN',
        '~',
        'yes',
        'Off',
        '2026-01-01',
        '1:30',
        '=',
        '<<',
        '!!binary aGk=',
        '',
        '\t',
        '#',
      ),
      fc.constantFrom('\n', ' ', ', ', ': ', ''),
    ),
    { maxLength: 20 },
  )
  .map((lines) => lines.flat().join(''));

const yamlText = fc.oneof(
  mutated(texts),
  mutated(wholes),
  oddYaml,
  anyText,
  wildBundle.map(formatYaml),
  wildBundle.chain((bundle) => mutated([formatYaml(bundle)])),
);

/** A line for each alias that holds ten of the one before. */
function bomb(levels: number): string {
  const lines = Array.from(
    { length: levels },
    (_none, level) => ` - &a${level + 1} [${Array(10).fill(`*a${level}`).join(', ')}]`,
  );
  return ['bomb:', ' - &a0 [x]', ...lines].join('\n');
}

function documented(bundle: Bundle): void {
  for (const format of DOCUMENT_FORMATS) {
    const page = bounded(() => documentBundle(bundle, format));
    if (format === 'html') assertHarmless(page);
  }
  bounded(() => contentModule(bundle));
}

/** Checks that a page has no tag but ours, and no link that runs anything. */
function assertHarmless(page: string): void {
  const tags =
    /<(?:!DOCTYPE html|meta [\w ="=,-]+|\/?(?:html|head|title|body|h[1-6]|p|ul|ol|li|code|pre|strong|em|blockquote|a))(?: (?:id|lang|href)="[^"<>]*")?>/y;
  for (let at = page.indexOf('<'); at >= 0; at = page.indexOf('<', at + 1)) {
    tags.lastIndex = at;
    assert.ok(tags.test(page), page.slice(at, at + 200));
  }
  assert.doesNotMatch(page, /href="\s*(?:javascript|data|vbscript):/i);
}

const documentOf = (Documentation: string): Bundle => ({ meta: { Name: 'x', Documentation }, sections: {} });

describe('the content reader', () => {
  test('any YAML is a bundle, or refused with 400 and a message that is not without end', () => {
    fc.assert(
      fc.property(yamlText, (text) => {
        const bundle = bounded(() => cleanly(() => parseBundle(text, 'x')));
        if (bundle instanceof ModelError) assert.equal(bundle.code, 400);
        else documented(bundle);
        assertUnpolluted();
      }),
      parameters([
        ['['.repeat(100_000)],
        ['- '.repeat(50_000)],
        ['{a: '.repeat(5_000)],
        ['? '.repeat(20_000)],
        ['&a [*a]'],
        [`${bomb(8)}\nsections: {params: {p: {Schema: *a8}}}`],
        // Each of these had as many values as all of them may have now.
        [
          `${bomb(7)}\nsections: {params: {${Array.from({ length: 300 }, (_none, at) => `p${at}: {Schema: *a7}`).join(', ')}}}`,
        ],
        [`? ${'k'.repeat(100_000)}\n: [${'{}, '.repeat(50_000)}]`],
        // The type of a param was taken for text.
        ['sections: {params: {a: {Schema: {type: {toString: 1}}}}}'],
        ['sections: {params: {a: {Schema: {$ref: "#/%zz"}}}}'],
      ]),
    );
  });

  test('any JSON is a bundle, or refused with 400', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          jsonText(KEYS),
          wildBundle.map((bundle) => JSON.stringify(bundle)),
        ),
        (text) => {
          const bundle = bounded(() => cleanly(() => parseBundle(text, 'x', 'json')));
          if (!(bundle instanceof ModelError)) documented(bundle);
        },
      ),
      parameters([
        // A text was made of what has none.
        ['{"meta":{"Type":{"toString":""}}}'],
        // The places of fields took memory by the square of their depth, or of their names.
        [`${'['.repeat(60_000)}${']'.repeat(60_000)}`],
        [`{"${'k'.repeat(100_000)}":[${'{},'.repeat(100_000)}{}]}`],
        [`{"meta":{"Name":"${'\\n'.repeat(5_000_000)}"}}`],
      ]),
    );
  });

  test('a schema whose parts refer to each other is a type before long', () => {
    const names = Array.from({ length: 30 }, (_none, at) => `d${at}`);
    const anyOf = names.map((name) => ({ $ref: `#/definitions/${name}` }));
    const definitions = Object.fromEntries(
      names.map((name) => [name, { anyOf, properties: { name: { anyOf } } }]),
    );
    const Schema = { anyOf, definitions };
    const module = bounded(() =>
      contentModule({ meta: {}, sections: { params: { a: { Name: 'a', Schema } } } }),
    );
    assert.match(module, /"a"\?: /);
  });

  test('a module with any literal in it is a bundle or refused', async () => {
    await using folder = await temporaryFolder();
    const literal = fc.oneof(
      anyText,
      mutated(['"meta: {}\\n"', '`meta: {}`', '"\\u00e9\\x41\\101\\U0010ffff"']),
    );
    await fc.assert(
      fc.asyncProperty(fc.constantFrom('ts', 'go'), literal, async (extension, text) => {
        const file = path.join(folder.path, `a.${extension}`);
        await writeFile(file, `const contentYamlString = ${text}`);
        await cleanlyLater(() => readBundle(file));
      }),
      parameters([
        ['ts', '"\\x"'],
        ['ts', '"\t"'],
        ['go', '"\\U7fffffff"'],
        ['go', `"${'\\n'.repeat(1_000_000)}"`],
      ]),
    );
  });

  test('any documentation becomes a page in every form, and no page has foreign tags', () => {
    fc.assert(
      fc.property(fc.oneof(mutated(documents), anyText), (text) => documented(documentOf(text))),
      parameters([
        // Lists and notes in lists and notes went as deep as the text said.
        ['- '.repeat(20_000)],
        ['.. note:: '.repeat(20_000)],
        [Array.from({ length: 300 }, (_none, depth) => `${' '.repeat(depth)}- x`).join('\n')],
        // So many lines, and so many backquotes, were the arguments of one call.
        [`- a\n${'  b\n'.repeat(150_000)}`],
        [`::\n\n  ${'` '.repeat(150_000)}`],
        ['`<script>alert(1)</script> <javascript:alert(1)>`_'],
        ['`x <JavaScript:alert(1)>`_ `y < data:text/html,x>`_'],
        [`${'='.repeat(50_000)} x`],
        [`${'*'.repeat(50_000)}a`],
        ['`<'.repeat(5_000)],
        [`1${'1'.repeat(100_000)}`],
      ]),
    );
  });

  test('a folder with any files in it is read, with a list of what is wrong', async () => {
    const file = fc.tuple(
      fc.constantFrom(...TYPES, '__proto__', 'constructor'),
      fc.constantFrom('a.yaml', 'b.json', 'c.yml', 'd.tmpl', '.json', '__proto__.yaml'),
      fc.oneof(yamlText, jsonText(KEYS)),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(file, { maxLength: 4 }), anyText, async (list, text) => {
        const named = list.map(([type, name, content]) => [`${type}/${name}`, content]);
        const read = await cleanlyLater(() =>
          readPack({ '._Documentation.meta': text, ...Object.fromEntries(named) }),
        );
        if (read instanceof ModelError) assert.equal(read.code, 400);
        else documented(read.bundle);
      }),
      parameters(),
    );
  });
});

describe('a bundle', () => {
  const name = fc.oneof(
    fc.string({ unit: 'grapheme', minLength: 1, maxLength: 12 }),
    fc.constantFrom(
      '__proto__',
      'constructor',
      '<<',
      '=',
      'yes',
      '010',
      '1e3',
      '..',
      'a/b',
      'a.b',
      'A/B',
      'con',
      '~',
      'x.yaml',
      'a\\b',
      '\u0085',
      '-',
    ),
  );
  const text = fc.oneof(
    anyText.map((value) => value.toWellFormed()),
    fc.constantFrom(
      '010',
      '0x1F',
      '1e5',
      'on',
      '~',
      '2026-01-01',
      '=',
      '<<',
      '\u0085',
      ' x',
      'x \n',
      '\r',
      '\ufeff',
    ),
  );
  const value = json(['a', '<<', '=', 'yes', '010', '\u2028']);
  const objects = fc.array(fc.tuple(name, text, value), { maxLength: 4 });
  const bundles = fc
    .tuple(objects, objects, objects, objects, text)
    .map(([params, templates, profiles, cows, description]): string => {
      const section = (list: typeof params, make: (key: string, text: string, value: unknown) => object) =>
        Object.fromEntries(list.map(([key, content, inner]) => [key, make(key, content, inner)]));
      return JSON.stringify({
        meta: { Name: 'round', Description: description, Version: 'v1.0.0' },
        sections: {
          params: section(params, (Name, Description, inner) => ({
            Name,
            Description,
            Schema: { default: inner },
          })),
          templates: section(templates, (ID, Contents) => ({ ID, Contents })),
          profiles: section(profiles, (Name, Documentation, inner) => ({
            Name,
            Documentation,
            Params: { [Name]: inner },
          })),
          cows: section(cows, (Id, Description, inner) => ({ Id, Description, inner, Type: 'cows' })),
        },
      });
    });

  test('is the same after it was written as a folder, by either form, and read again', async () => {
    await fc.assert(
      fc.asyncProperty(bundles, fc.constantFrom('json', 'yaml'), async (json_, format) => {
        await using folder = await temporaryFolder();
        const bundle = withoutEmpty(parseBundle(json_, 'x', 'json'));
        await unbundle(bundle, folder.path, { format });
        const { bundle: again, problems } = await readStore(folder.path);
        const unreadable = problems.filter(
          ({ severity, message }) => severity === 'error' && !/Schema|: Invalid /.test(message),
        );
        assert.deepEqual(unreadable, []);
        assert.deepEqual(withDefaults(again), withDefaults(bundle));
        await rm(folder.path, { recursive: true });
      }),
      parameters(),
    );
  });

  test('is the same after it was written as a file, by every form, and read again', async () => {
    await using folder = await temporaryFolder();
    await fc.assert(
      fc.asyncProperty(bundles, fc.constantFrom('yaml', 'json', 'go', 'ts'), async (json_, extension) => {
        const file = path.join(folder.path, `a.${extension}`);
        const bundle = parseBundle(json_, 'x', 'json');
        await writeBundle(file, bundle);
        assert.deepEqual(await readBundle(file), bundle);
      }),
      parameters(),
    );
  });
});

/** Sections without objects are no folders. */
function withoutEmpty({ meta, sections }: Bundle): Bundle {
  return {
    meta,
    sections: Object.fromEntries(
      Object.entries(sections).filter(([, section]) => Object.keys(section).length > 0),
    ),
  };
}

/** Meta fields that are empty get a default when a folder is read. */
function withDefaults({ meta, sections }: Bundle): Bundle {
  const { Name = '', Type = '', Version = '' } = meta;
  const full = {
    ...meta,
    Name: Name || 'Unspecified',
    Type: Type || 'dynamic',
    Version: Version || 'v0.0.0',
  };
  return {
    meta: Object.fromEntries(
      META_FIELDS.map((field) => [field, (full as Record<string, string>)[field] ?? '']),
    ),
    sections,
  };
}
