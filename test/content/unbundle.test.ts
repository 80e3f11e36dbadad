import assert from 'node:assert/strict';
import { mkdir, readdir, readFile, stat, symlink, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { test } from 'node:test';
import {
  type Bundle,
  META_FIELDS,
  parseBundle,
  readBundle,
  readStore,
  unbundle,
} from '../../lib/content/index.ts';
import { anyCharacter, fc } from '../support/properties.ts';
import { fixtures, temporaryFolder, withoutDefaults } from './pack.ts';

async function roundTrip(bundle: Bundle, format: 'json' | 'yaml'): Promise<Bundle> {
  await using folder = await temporaryFolder();
  await unbundle(bundle, folder.path, { format });
  return (await readStore(folder.path)).bundle;
}

test('unbundling what drpcli wrote and bundling it again gives the same', async () => {
  const bundle = await readBundle(path.join(fixtures, 'tiny.yaml'));
  assert.deepEqual(withoutDefaults(await roundTrip(bundle, 'json')), withoutDefaults(bundle));
  assert.deepEqual(withoutDefaults(await roundTrip(bundle, 'yaml')), withoutDefaults(bundle));
  const { bundle: own } = await readStore(path.join(fixtures, 'tiny'));
  assert.deepEqual(withoutDefaults(await roundTrip(own, 'yaml')), withoutDefaults(bundle));
});

test('files are named as drpcli names them', async () => {
  await using folder = await temporaryFolder();
  const { bundle } = await readStore(path.join(fixtures, 'tiny'));
  await unbundle({ ...bundle, sections: { ...bundle.sections, empty: {} } }, folder.path);
  const files = (await readdir(folder.path, { recursive: true })).filter((name) => /\..+$/.test(name)).sort();
  assert.deepEqual(files, [
    ...[
      'Author',
      'Color',
      'Description',
      'DisplayName',
      'Documentation',
      'Name',
      'Order',
      'RequiredFeatures',
      'Tags',
    ].map((field) => `._${field}.meta`),
    '._Type.meta',
    '._Version.meta',
    'params/tiny.options.json',
    'params/tiny.size.json',
    'profiles/tiny-profile.json',
    'stages/tiny-stage.json',
    'tasks/tiny-task.json',
    'templates/second.tmpl.json',
    'templates/tiny.tmpl',
  ]);
  assert.deepEqual(
    await readFile(path.join(folder.path, 'templates/tiny.tmpl')),
    await readFile(path.join(fixtures, 'tiny/templates/tiny.tmpl')),
  );
});

test('templates of a bundle by drpcli become files of their text, and objects have no state', async () => {
  await using folder = await temporaryFolder();
  await unbundle(await readBundle(path.join(fixtures, 'tiny.yaml')), folder.path);
  const read = (name: string) => readFile(path.join(folder.path, name), 'utf8');
  assert.deepEqual((await readdir(path.join(folder.path, 'templates'))).sort(), [
    'second.tmpl.json',
    'tiny.tmpl',
  ]);
  assert.equal(
    await read('templates/tiny.tmpl'),
    await readFile(path.join(fixtures, 'tiny/templates/tiny.tmpl'), 'utf8'),
  );
  for (const file of [
    'params/tiny.size',
    'tasks/tiny-task',
    'profiles/tiny-profile',
    'templates/second.tmpl',
  ]) {
    const fields = Object.keys(JSON.parse(await read(`${file}.json`)));
    const state = ['Available', 'Bundle', 'Endpoint', 'Errors', 'ReadOnly', 'Validated'];
    assert.deepEqual(
      fields.filter((field) => state.includes(field)),
      [],
      file,
    );
  }
});

test('state that an author sets is kept, and that of an endpoint is not', async () => {
  const section = {
    'by-hand': { Name: 'by-hand', Endpoint: 'other', ReadOnly: true, Available: false, Errors: [] },
    shown: {
      Name: 'shown',
      Endpoint: 'other',
      ReadOnly: true,
      Available: true,
      Validated: true,
      Bundle: 'x',
    },
  };
  const cows = { moo: { Id: 'moo', Type: 'cows', Available: true } };
  const { sections } = await roundTrip(
    { meta: { Name: 'state' }, sections: { cows, profiles: section } },
    'yaml',
  );
  assert.deepEqual(sections.profiles, {
    'by-hand': { Name: 'by-hand', Endpoint: 'other', ReadOnly: true },
    shown: { Name: 'shown' },
  });
  assert.deepEqual(sections.cows, cows);
});

const key = fc.oneof(
  fc.constantFrom(
    ...[
      'a/b',
      'a.b',
      'A.b',
      '.',
      '..',
      '../../etc/passwd',
      '/etc/passwd',
      '\\',
      '__proto__',
      'a.yaml',
      'x.json',
      '-',
    ],
    ...[
      'é',
      'e\u0301',
      'nul\u0000',
      'new\nline',
      'x'.repeat(300),
      '💥'.repeat(80),
      '._Name.meta',
      'con',
      ' ',
      'yes',
      '10',
    ],
  ),
  fc.string({ unit: anyCharacter, minLength: 1, maxLength: 6 }).map((text) => text.toWellFormed()),
);
const text = fc.oneof(
  fc.constantFrom('yes', '010', '2020-01-02', '1e3', 'a\r\nb', ' x ', '\ufeff', '{{.Param "x"}}\n', '\u2028'),
  fc.string({ unit: anyCharacter, maxLength: 8 }).map((value) => value.toWellFormed()),
);
// JSON has no -0, and the order of keys says nothing.
const json = fc
  .jsonValue({ stringUnit: anyCharacter, maxDepth: 3 })
  .map((value) => JSON.parse(JSON.stringify(value)) as unknown);
const metaText = text.map((value) => value.trim());

function section(object: (name: string) => fc.Arbitrary<Record<string, unknown>>) {
  return fc
    .uniqueArray(key, { minLength: 1, maxLength: 4 })
    .chain((keys) => fc.tuple(...keys.map((name) => object(name).map((value) => [name, value] as const))))
    .map((entries) => Object.fromEntries(entries));
}

const generatedBundle: fc.Arbitrary<Bundle> = fc.record({
  meta: fc
    .tuple(...META_FIELDS.map(() => metaText))
    .map((texts) => Object.fromEntries(META_FIELDS.map((field, index) => [field, texts[index] ?? '']))),
  sections: fc.record(
    {
      params: section((Name) =>
        fc.record({ Name: fc.constant(Name), Schema: fc.dictionary(text, json), Secure: fc.boolean() }),
      ),
      profiles: section((Name) =>
        fc.record({ Name: fc.constant(Name), Params: fc.dictionary(key, json) }, { requiredKeys: ['Name'] }),
      ),
      tasks: section((Name) =>
        fc.record({
          Name: fc.constant(Name),
          Documentation: text,
          Templates: fc.array(fc.record({ Contents: text, Name: text }), { maxLength: 2 }),
        }),
      ),
      templates: section((ID) =>
        fc.record({ ID: fc.constant(ID), Contents: text, Description: text }, { requiredKeys: ['ID'] }),
      ),
      'typed-cows': section((Id) =>
        fc.record({
          Id: fc.constant(Id),
          Type: fc.constant('typed-cows'),
          Spotted: fc.boolean(),
          anything: json,
        }),
      ),
    },
    { requiredKeys: [] },
  ) as fc.Arbitrary<Bundle['sections']>,
});

/** As two JSON texts, which shows order too: a bundle is sorted. */
function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).map(([name, item]): [string, unknown] => [name, sorted(item)]);
  return Object.fromEntries(entries.sort(([a], [b]) => (a < b ? -1 : 1)));
}

for (const format of ['yaml', 'json'] as const) {
  test(`unbundling to ${format} and bundling again is the identity`, async () => {
    await fc.assert(
      fc.asyncProperty(generatedBundle, async (bundle) => {
        // Empty meta fields have no file, and some have a default then.
        for (const [field, value] of Object.entries({ Name: 'n', Type: 't', Version: 'v1.0.0' })) {
          if (bundle.meta[field] === '') bundle.meta[field] = value;
        }
        // A template that is a file of its text has no empty description.
        for (const template of Object.values(bundle.sections.templates ?? {})) {
          if (template.Description === '') delete template.Description;
        }
        assert.equal(JSON.stringify(await roundTrip(bundle, format)), JSON.stringify(sorted(bundle)));
      }),
      { numRuns: 25 },
    );
  });
}

test('a file is replaced, and what is not of the bundle stays', async () => {
  await using folder = await temporaryFolder();
  await mkdir(path.join(folder.path, 'params'));
  await writeFile(path.join(folder.path, 'params/a.json'), 'x'.repeat(10_000));
  await writeFile(path.join(folder.path, 'params/b.json'), '{"Name": "b"}');
  await unbundle(parseBundle('sections: {params: {a: {}}}', 'test'), folder.path);
  const { bundle } = await readStore(folder.path);
  assert.deepEqual(bundle.sections.params, { a: { Name: 'a' }, b: { Name: 'b' } });
});

test('an object type that leads out of the folder is refused, and nothing is written', async () => {
  for (const type of ['../out', '/tmp/out', 'a/b', '..', '.', '.git', '', 'nul\u0000', 'a\\b']) {
    await using folder = await temporaryFolder();
    const inner = path.join(folder.path, 'inner');
    const sections = { [type]: { x: { Id: 'x', Type: type } } };
    await assert.rejects(unbundle({ meta: { Name: 'n' }, sections }, inner), /it is not a folder name/, type);
    assert.deepEqual(await readdir(folder.path), []);
  }
});

test('symbolic links in the folder are not followed', async () => {
  await using folder = await temporaryFolder();
  const inner = path.join(folder.path, 'inner');
  const outside = path.join(folder.path, 'outside');
  await mkdir(inner);
  await mkdir(outside);
  const bundle = parseBundle('{meta: {Name: n}, sections: {params: {a: {}}}}', 'test');

  await symlink(outside, path.join(inner, 'params'));
  await assert.rejects(unbundle(bundle, inner), /params exists and is not a folder/);

  const other = path.join(folder.path, 'other');
  await mkdir(path.join(other, 'params'), { recursive: true });
  await writeFile(path.join(outside, 'kept'), 'kept');
  await symlink(path.join(outside, 'kept'), path.join(other, 'params/a.json'));
  await assert.rejects(unbundle(bundle, other), /Failed to save .*a\.json: ELOOP/);

  const third = path.join(folder.path, 'third');
  await mkdir(third);
  await symlink(path.join(outside, 'new'), path.join(third, '._Name.meta'));
  await assert.rejects(unbundle(bundle, third), /Failed to save .*_Name\.meta: ELOOP/);

  assert.deepEqual(await readdir(outside), ['kept']);
  assert.equal(await readFile(path.join(outside, 'kept'), 'utf8'), 'kept');
});

test('a folder that cannot be made is an error', async () => {
  await using folder = await temporaryFolder();
  await writeFile(path.join(folder.path, 'file'), '');
  await assert.rejects(
    unbundle({ meta: {}, sections: {} }, path.join(folder.path, 'file/x')),
    /Cannot make the folder/,
  );
  await unbundle({ meta: {}, sections: {} }, path.join(folder.path, 'new/deep'));
  assert.equal((await stat(path.join(folder.path, 'new/deep'))).isDirectory(), true);
});
