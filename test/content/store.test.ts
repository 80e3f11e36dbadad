import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdir, rm, symlink } from 'node:fs/promises';
import { createServer } from 'node:net';
import path from 'node:path';
import { test } from 'node:test';
import { readBundle, readStore, refuseProblems } from '../../lib/content/index.ts';
import { ModelError } from '../../lib/models/index.ts';
import { fixtures, readPack, temporaryFolder, withoutDefaults, writeFiles } from './pack.ts';

test('makes of a folder what drpcli makes of it, default fields aside', async () => {
  const { bundle, problems } = await readStore(path.join(fixtures, 'tiny'));
  const theirs = await readBundle(path.join(fixtures, 'tiny.yaml'));
  assert.deepEqual(withoutDefaults(bundle), withoutDefaults(theirs));
  assert.ok(problems.every(({ severity }) => severity === 'warning'));
  assert.deepEqual(
    problems.map(({ message }) => message.replace(/`: .*/, '`')),
    [
      'stages/tiny-stage.yml:6: Unknown: is no field of this object and is left out',
      ...['e', 'f', 'g', 'n', 's'].map(
        (name) => `profiles/tiny-profile.json:1: Params.${name}: Invalid Param Name \`${name}\``,
      ),
    ],
  );
});

test('an empty folder is a bundle with default meta and no sections', async () => {
  const { bundle } = await readPack({ 'params/.keep/x': '', '._Name.meta': '' });
  assert.deepEqual(bundle.sections, {});
  assert.equal(bundle.meta.Version, 'v0.0.0');
  assert.equal(bundle.meta.Type, 'dynamic');
});

test('a meta argument fills a field that has no file, and a file wins over an argument', async () => {
  const meta = { Version: 'v2.0.0', Name: 'other', Author: ' me\n', Nonsense: 'x' };
  const { bundle, problems } = await readPack({}, { meta });
  assert.equal(bundle.meta.Version, 'v2.0.0');
  assert.equal(bundle.meta.Name, 'test');
  assert.equal(bundle.meta.Author, 'me');
  assert.equal('Nonsense' in bundle.meta, false);
  assert.deepEqual(problems, [
    'warning: Name=: is not used: the pack has a file ._Name.meta',
    'warning: Nonsense=: Nonsense is not a meta field and is left out',
  ]);
});

test('without a Name file the pack is called Unspecified', async () => {
  const { bundle } = await readStore(path.join(fixtures, 'tiny/params'));
  assert.equal(bundle.meta.Name, 'Unspecified');
});

test('takes every meta field from its file, trimmed', async () => {
  const { META_FIELDS } = await import('../../lib/content/index.ts');
  const fields = META_FIELDS.filter((field) => field !== 'Version' && field !== 'Prerequisites');
  const files = Object.fromEntries(fields.map((field) => [`._${field}.meta`, `  value of ${field}\n\n`]));
  const { bundle, problems } = await readPack({
    ...files,
    '._Version.meta': 'v1.0.0\n',
    '._Other.meta': 'x',
  });
  for (const field of fields) assert.equal(bundle.meta[field], `value of ${field}`);
  assert.deepEqual(problems, ['warning: ._Other.meta: Other is not a meta field and is left out']);
});

test('templates are taken byte for byte', async () => {
  const text = '\ufeff#!/bin/sh\r\n\techo "é"  \r\n\n{{template "x" .}}\u2028 no newline at the end';
  const { bundle, problems } = await readPack({ 'templates/a.sh.tmpl': text, 'templates/empty': '' });
  assert.deepEqual(problems, []);
  assert.deepEqual(bundle.sections.templates, {
    'a.sh.tmpl': { Contents: text, ID: 'a.sh.tmpl' },
    empty: { Contents: '', ID: 'empty' },
  });
});

test('bytes that are no UTF-8 are an error with file and line', async () => {
  const { problems } = await readPack({
    'templates/a.tmpl': Buffer.from('line\nline\n\xff\n', 'latin1'),
    'params/a.yaml': Buffer.from('Name: \xe9\n', 'latin1'),
    '._Author.meta': Buffer.from('\xc3', 'latin1'),
  });
  assert.deepEqual(problems, [
    'error: ._Author.meta:1: is not valid UTF-8',
    'error: params/a.yaml:1: is not valid UTF-8',
    'error: templates/a.tmpl:3: is not valid UTF-8',
  ]);
});

test('fields are named in any case, as the endpoint accepts them', async () => {
  const { bundle, problems } = await readPack({
    'params/a.yaml': 'name: aa\nSECURE: yes\nschema: {default: {Type: string}}\nmeta: {Icon: bug}\n',
    'params/b.json': '{"NAME": "bb"}',
  });
  assert.deepEqual(problems, []);
  assert.deepEqual(bundle.sections.params, {
    aa: { Meta: { Icon: 'bug' }, Name: 'aa', Schema: { default: { Type: 'string' } }, Secure: true },
    bb: { Name: 'bb' },
  });
});

test('numbers and booleans in YAML are text where text is wanted, and an error in JSON', async () => {
  const { bundle, problems } = await readPack({
    'params/a.yaml':
      'Name: yes\nDescription: yes\nDocumentation: 1.50\nMeta: {order: 10, big: 1e+9, tiny: 0.00001}\n',
    'params/b.json': '{"Name": "bb", "Description": 1}',
  });
  assert.deepEqual(bundle.sections.params?.true, {
    Description: 'true',
    Documentation: '1.5',
    Meta: { big: '1000000000', order: '10', tiny: '1e-05' },
    Name: 'true',
  });
  assert.deepEqual(problems, ['error: params/b.json:1: Description: must be text, not a number']);
});

test('a field of the wrong shape is an error with file, line and field', async () => {
  const { problems } = await readPack({
    'params/a.yaml': 'Name: aa\nSecure: "yes"\n',
    'stages/b.yaml': 'Name: bb\nTasks: none\nMeta: [a]\nTemplates:\n- Name: xx\n- ID: [1]\n- z\nParams: 3\n',
    'tasks/c.json': '{\n "Name": "cc",\n "Templates": [\n  {\n   "Name": {}\n  }\n ]\n}',
  });
  assert.deepEqual(problems, [
    'error: params/a.yaml:2: Secure: must be true or false, not text',
    'error: stages/b.yaml:2: Tasks: must be a list, not text',
    'error: stages/b.yaml:3: Meta: must be an object, not a list',
    'error: stages/b.yaml:6: Templates.1.ID: must be text, not a list',
    'error: stages/b.yaml:7: Templates.2: must be an object, not text',
    'error: stages/b.yaml:8: Params: must be an object, not a number',
    'error: tasks/c.json:5: Templates.0.Name: must be text, not an object',
  ]);
});

test('null stands for an absent field, and inside of values for itself', async () => {
  const { bundle } = await readPack({
    'profiles/a.yaml': 'Name: aa\nDescription:\nProfiles: ~\nMeta: null\nParams: {x: null, z: [~]}\n',
    'stages/b.yaml': 'Name: bb\nTasks: [~]\nTemplates: [~]\n',
  });
  assert.deepEqual(bundle.sections.profiles, { aa: { Name: 'aa', Params: { x: null, z: [null] } } });
  assert.deepEqual(bundle.sections.stages, { bb: { Name: 'bb', Tasks: [''], Templates: [{}] } });
});

test("objects of a provider's own types are taken as they are", async () => {
  const { bundle, problems } = await readPack({
    'typed-cows/a.yaml': 'Id: a\nType: typed-cows\nSpotted: yes\nnested: {z: 1, a: 010}\n',
    'machines/m.json': '{"Uuid": "u", "Anything": 1}',
  });
  assert.deepEqual(problems, []);
  assert.deepEqual(bundle.sections, {
    machines: { u: { Anything: 1, Uuid: 'u' } },
    'typed-cows': { a: { Id: 'a', Type: 'typed-cows', Spotted: true, nested: { a: 8, z: 1 } } },
  });
});

test('folders that start with a dot, folders inside of a type (with a warning) and other files are left alone', async () => {
  const { bundle, problems } = await readPack({
    '.git/x.yaml': '{',
    'params/.git/x.yaml': '{',
    'params/sub/x.yaml': '{',
    'README.md': 'x',
    'params/a.yaml': 'Name: aa\n',
  });
  assert.deepEqual(problems, ['warning: params/sub: is a folder, and is left out']);
  assert.deepEqual(Object.keys(bundle.sections), ['params']);
});

test('a key such as __proto__ is a key like others', async () => {
  const { bundle, problems } = await readPack({
    'params/a.yaml': 'Name: proto\nSchema: {default: {__proto__: {constructor: 1}}}\n',
    'params/b.json': '{"Name": "constructor"}',
    '__proto__/a.yaml': 'Id: __proto__\nType: __proto__\n',
  });
  assert.deepEqual(problems, []);
  assert.deepEqual(Object.keys(bundle.sections.params ?? {}), ['constructor', 'proto']);
  assert.match(JSON.stringify(bundle), /"__proto__":\{"constructor":1\}/);
  assert.equal(Object.hasOwn(bundle.sections, '__proto__'), true);
});

test('a link to nothing is passed over as a meta file, and an error elsewhere', async () => {
  await using folder = await temporaryFolder();
  await writeFiles(folder.path, { '._Name.meta': 'test', 'params/x': '' });
  await rm(path.join(folder.path, 'params/x'));
  await symlink('../elsewhere', path.join(folder.path, '._Description.meta'));
  const { bundle, problems } = await readStore(folder.path, { meta: { Description: 'given' } });
  assert.equal(bundle.meta.Description, 'given');
  assert.deepEqual(
    problems.map(({ severity, message }) => `${severity}: ${message}`),
    ['warning: ._Description.meta: is a link to nothing, and is left out'],
  );
  await symlink('elsewhere', path.join(folder.path, 'params/x.yaml'));
  const second = await readStore(folder.path);
  assert.deepEqual(
    second.problems.filter(({ severity }) => severity === 'error').map(({ file }) => file),
    ['params/x.yaml'],
  );
});

test('a folder that is not there is an error that names it', async () => {
  await assert.rejects(readStore('/nonexistent/pack'), (error) => {
    assert.ok(error instanceof ModelError);
    assert.equal(error.code, 400);
    assert.match(error.message, /^Failed to load: Cannot read substore \/nonexistent\/pack: ENOENT/);
    return true;
  });
});

test('refuseProblems throws all errors, and with strict all warnings too', async () => {
  const { list } = await readPack({ 'params/a.yaml': 'Name: aa\nOther: 1\n' });
  refuseProblems(list);
  assert.throws(() => refuseProblems(list, { strict: true }), {
    message: 'Failed to load: params/a.yaml:2: Other: is no field of this object and is left out',
    code: 400,
  });
  const { list: errors } = await readPack({ 'params/a.yaml': '{}', 'params/x.txt': '' });
  assert.throws(() => refuseProblems(errors), {
    message: 'Failed to load\n  params/a.yaml: Name: is missing\n  No idea how to decode x.txt into params',
  });
});

test('what is neither a file nor a folder is an error, and is not read', async () => {
  await using folder = await temporaryFolder();
  await mkdir(path.join(folder.path, 'templates'));
  const server = createServer().listen(path.join(folder.path, 'templates/s'));
  await once(server, 'listening');
  try {
    const { problems } = await readStore(folder.path);
    assert.deepEqual(
      problems.map(({ message }) => message),
      ['templates/s: is not a file'],
    );
  } finally {
    server.close();
  }
});
