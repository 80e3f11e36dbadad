import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readPack } from './pack.ts';

test('a folder that names no object type is a warning', async () => {
  const { problems, bundle } = await readPack({ 'zork/z.yaml': 'Id: z\nA: 1\n', 'parms/README/x': '' });
  assert.deepEqual(problems, [
    'warning: parms/README: is a folder, and is left out',
    `warning: parms: unknown folder: no object type has this name; did you mean params? For a provider's own type, set Type: parms in its objects`,
    `warning: zork: unknown folder: no object type has this name; for a provider's own type, set Type: zork in its objects`,
  ]);
  assert.deepEqual(bundle.sections.zork, { z: { A: 1, Id: 'z', Type: 'zork' } });
});

test('a misspelt field is a warning with the field that is meant', async () => {
  const { problems } = await readPack({ 'params/a.yaml': 'Name: aa\nDescripton: x\n' });
  assert.deepEqual(problems, [
    'warning: params/a.yaml:2: Descripton: is no field of this object and is left out; did you mean Description?',
  ]);
});

test('a folder of a type that the caller names is not a problem', async () => {
  const { problems } = await readPack({ 'zork/z.yaml': 'Id: z\n' }, { types: ['zork'] });
  assert.deepEqual(problems, []);
});

test('an object whose Type is not its folder is an error', async () => {
  const { problems } = await readPack({ 'cows/a.yaml': 'Id: a\nType: pigs\n' });
  assert.deepEqual(problems, ['error: cows/a.yaml:2: Type: is "pigs" in the folder cows']);
});

test('an object without its key is an error', async () => {
  const { problems } = await readPack({
    'params/a.yaml': 'Description: x\n',
    'params/b.yaml': 'Name: ""\n',
    'templates/c.yaml': 'Name: cc\n',
    'typed-cows/d.yaml': 'Type: typed-cows\nName: d\n',
    'typed-cows/e.yaml': 'Type: typed-cows\nId: 5\n',
    'typed-cows/f.yaml': 'Type: typed-cows\nId: f\n',
  });
  assert.deepEqual(problems, [
    'error: params/a.yaml: Name: is missing',
    'error: params/b.yaml:1: Name: must be text',
    'warning: templates/c.yaml:1: Name: is no field of this object and is left out',
    'error: templates/c.yaml: ID: is missing',
    'error: typed-cows/d.yaml: Id: is missing',
    'error: typed-cows/e.yaml:2: Id: must be text',
  ]);
});

test('two files with one key are an error that names both', async () => {
  const { problems } = await readPack({
    'params/a.yaml': 'Name: x/y\n',
    'params/b.json': '{\n  "Name": "x/y"\n}',
    'templates/t.tmpl': '',
    'templates/t.yaml': 'ID: t.tmpl\n',
  });
  assert.deepEqual(problems, [
    'error: params/b.json:2: Name: "x/y" is in params/a.yaml already',
    'error: templates/t.yaml:1: ID: "t.tmpl" is in templates/t.tmpl already',
  ]);
});

test('a schema that is not a JSON Schema of draft 4 is an error', async () => {
  const { problems } = await readPack({
    'params/a.yaml': 'Name: aa\nSchema:\n  type: object\n  properties:\n    b/c:\n      type: strnig\n',
    'params/b.yaml': 'Name: bb\nSchema: string\n',
    'params/c.yaml': 'Name: cc\nSchema:\n  $ref: "#/definitions/none"\n',
    'params/d.yaml': 'Name: dd\nSchema:\n  type: integer\n  minimum: 3\n  exclusiveMinimum: 3\n',
    'params/e.yaml':
      'Name: ee\nSchema:\n  type: integer\n  minimum: 3\n  exclusiveMinimum: true\n  default: 4\n  format: any-at-all\n',
    'params/f.yaml': 'Name: ff\nSchema:\n',
  });
  assert.deepEqual(problems, [
    'error: params/a.yaml:6: Schema.properties.b/c.type: is no JSON Schema of draft 4: must be equal to one of the allowed values ("array", "boolean", "integer", "null", "number", "object", "string")',
    'error: params/b.yaml:2: Schema: must be an object',
    `error: params/c.yaml:2: Schema: is no JSON Schema of draft 4: can't resolve reference #/definitions/none from id #`,
    'error: params/d.yaml:5: Schema.exclusiveMinimum: is no JSON Schema of draft 4: must be boolean',
  ]);
});

test('a keyword that JSON Schema does not know is a warning, at any depth', async () => {
  const { problems } = await readPack({
    'params/a.yaml': 'Name: aa\nSchema:\n  type: object\n  properties:\n    b:\n      minLenght: 1\n',
    'params/b.yaml': 'Name: bb\nSchema:\n  title: b\n  description: b\n  type: string\n  minLength: 1\n',
  });
  assert.deepEqual(problems, [
    'warning: params/a.yaml:2: Schema: minLenght is not a keyword of JSON Schema draft 4 and has no effect',
  ]);
});

test('a default that its own schema refuses is a warning, and is not quoted', async () => {
  const { problems } = await readPack({
    'params/a.yaml': 'Name: aa\nSecure: true\nSchema:\n  type: integer\n  default: hunter2\n',
    'params/b.yaml': 'Name: bb\nSchema:\n  type: array\n  items: {type: string}\n  default:\n  - x\n  - 1\n',
    'params/c.yaml': 'Name: cc\nSchema: {type: boolean, default: no}\n',
  });
  assert.deepEqual(problems, [
    'warning: params/a.yaml:5: Schema.default: is refused by its own schema: must be integer',
    'warning: params/b.yaml:7: Schema.default.1: is refused by its own schema: must be string',
  ]);
});

test('two schemas may have the same id', async () => {
  const { problems } = await readPack({
    'params/a.yaml': 'Name: aa\nSchema: {id: "http://x.test/s", type: string, default: ""}\n',
    'params/b.yaml': 'Name: bb\nSchema: {id: "http://x.test/s", type: integer, default: 1}\n',
  });
  assert.deepEqual(problems, []);
});

test('a version that an endpoint cannot read is a warning that says what to write', async () => {
  for (const version of ['1.2.3', 'v1.2', 'v1.2.3+4.gabcdef0', '1.2.3-rc.1', 'v20.01.18-18.58.31', '']) {
    assert.deepEqual((await readPack({ '._Version.meta': version })).problems, [], version);
  }
  for (const [version, better] of [
    ['latest', 'v1.0.0'],
    ['v1.2.3.4', 'v1.2.3'],
    ['v1.0.0-rc.1', 'v1.0.1-rc.1'],
    ['v1.2.3 beta', 'v1.2.3'],
  ]) {
    const [problem, ...more] = (await readPack({ '._Version.meta': String(version) })).problems;
    assert.match(problem ?? '', /^warning: \._Version\.meta: ".*" is not a version that an endpoint takes: /);
    assert.equal(problem?.replace(/.*; write /, ''), better);
    assert.deepEqual(more, []);
  }
});

test('a pack has a name', async () => {
  const { problems } = await readPack({ '._Name.meta': ' \n' });
  assert.deepEqual(problems, ['error: ._Name.meta: is empty: a content pack has a name']);
});
