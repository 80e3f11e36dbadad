import assert from 'node:assert/strict';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { test } from 'node:test';
import { quoteGo, unquoteGo } from '../../lib/content/go-string.ts';
import { parseBundle, readBundle, readStore, writeBundle } from '../../lib/content/index.ts';
import { ModelError } from '../../lib/models/index.ts';
import { anyCharacter, fc } from '../support/properties.ts';
import { fixtures, temporaryFolder } from './pack.ts';

const extensions = ['.yaml', '.yml', '.json', '.go', '.ts'];

test('a bundle is the same after it was written and read, in every form', async () => {
  await using folder = await temporaryFolder();
  const { bundle } = await readStore(path.join(fixtures, 'tiny'));
  for (const extension of extensions) {
    const file = path.join(folder.path, `tiny${extension}`);
    await writeBundle(file, bundle);
    assert.deepEqual(await readBundle(file), bundle, extension);
  }
});

test('writing twice gives the same bytes and leaves no other file', async () => {
  await using folder = await temporaryFolder();
  for (const extension of extensions) {
    const file = path.join(folder.path, `tiny${extension}`);
    await writeBundle(file, (await readStore(path.join(fixtures, 'tiny'))).bundle);
    const first = await readFile(file);
    await writeBundle(file, (await readStore(path.join(fixtures, 'tiny'))).bundle);
    assert.deepEqual(await readFile(file), first, extension);
  }
  assert.equal((await readdir(folder.path)).length, extensions.length);
});

test('reads what drpcli wrote as YAML, JSON and Go alike', async () => {
  const yaml = await readBundle(path.join(fixtures, 'tiny.yaml'));
  assert.deepEqual(await readBundle(path.join(fixtures, 'tiny.go')), yaml);
  assert.deepEqual(await readBundle(path.join(fixtures, 'tiny.json')), yaml);
  assert.equal(yaml.meta.Name, 'tiny');
  assert.equal(yaml.sections.params?.['tiny/size']?.Description, 'How big');
});

test('a module of Go is one string in package main', async () => {
  await using folder = await temporaryFolder();
  const file = path.join(folder.path, 'content.go');
  await writeBundle(file, parseBundle('meta: {Name: a}', 'test'));
  assert.match(
    await readFile(file, 'utf8'),
    /^package main\n\nvar contentYamlString = "meta:\\n {2}Author: ''\\n.*"\n$/,
  );
});

test('Go strings are read back as they were, and in the other spellings of Go', () => {
  fc.assert(
    fc.property(fc.string({ unit: anyCharacter }), (text) => {
      assert.equal(unquoteGo(quoteGo(text)), text.toWellFormed());
      assert.doesNotMatch(quoteGo(text), /[\n\ufeff\u2028]/);
    }),
  );
  assert.equal(unquoteGo('`a\\n"\r\n`'), 'a\\n"\n');
  assert.equal(unquoteGo('"\\a\\b\\f\\v\\x41\\303\\251\\u00e9\\U0001F600\\\'"'), "\u0007\b\f\vAéé\u{1f600}'");
  assert.equal(unquoteGo('"\\q"'), undefined);
  assert.equal(unquoteGo('"\\U00110000"'), undefined);
});

test('a bundle may leave out meta, sections and the keys inside of its objects', () => {
  const { meta, sections } = parseBundle(
    'sections: {params: {b: {Secure: yes}, a: {}}, cows: {c: {}}}',
    'test',
  );
  assert.equal(meta.Name, '');
  assert.deepEqual(sections, {
    cows: { c: { Id: 'c', Type: 'cows' } },
    params: { a: { Name: 'a' }, b: { Name: 'b', Secure: true } },
  });
  assert.deepEqual(parseBundle('', 'test').sections, {});
});

test('meta fields in YAML may look like numbers', () => {
  assert.equal(parseBundle('meta: {Order: 10, Writable: false}', 'test').meta.Order, '10');
  assert.equal('Writable' in parseBundle('meta: {Writable: false}', 'test').meta, false);
});

async function refusal(name: string, text?: string | Buffer): Promise<string> {
  await using folder = await temporaryFolder();
  const file = path.join(folder.path, name);
  if (text !== undefined) await writeFile(file, text);
  const error: unknown = await readBundle(file).catch((thrown: unknown) => thrown);
  assert.ok(error instanceof ModelError);
  assert.equal(error.code, 400);
  return error.message.replaceAll(`${folder.path}/`, '');
}

test('what is no bundle is refused with the words of drpcli, where it has some', async () => {
  assert.equal(await refusal('x.txt', ''), 'Unknown store extension .txt');
  assert.equal(
    await refusal('nofile.yaml'),
    'Failed to open store nofile.yaml: open nofile.yaml: no such file or directory',
  );
  assert.match(await refusal('a.yaml', 'meta: ['), /^Failed to unmarshal store content: a.yaml:1: /);
  assert.match(
    await refusal('a.json', '{\n"meta": }'),
    /^Failed to unmarshal store content: a.json:2: Unexpected token/,
  );
  assert.match(await refusal('a.json', '[]'), /a.json: holds no content bundle/);
  assert.match(await refusal('a.json', '{"name": "x"}'), /a.json: holds no content bundle/);
  assert.match(await refusal('a.json', '{"meta": {"Order": 1}}'), /a.json: meta.Order: must be text/);
  assert.match(await refusal('a.json', '{"meta": "x"}'), /a.json: meta: must be an object/);
  assert.match(await refusal('a.yaml', 'sections: [params]'), /a.yaml: sections: must be an object/);
  assert.match(
    await refusal('a.yaml', 'sections: {params: [{Name: x}]}'),
    /a.yaml: sections.params: must be an object/,
  );
  assert.match(await refusal('a.yaml', 'sections: {params: {a: 1}}'), /a.yaml: params\/a: holds no object/);
  assert.match(
    await refusal('a.yaml', 'sections: {params: {a: {Secure: 1}}}'),
    /params\/a: Secure: must be true or false/,
  );
  assert.match(await refusal('a.yaml', Buffer.from([10, 0xff])), /a.yaml:2: is not valid UTF-8/);
  assert.match(await refusal('a.go', 'package main\n'), /a.go has no string contentYamlString/);
  assert.match(await refusal('a.ts', 'export const x = "";'), /a.ts has no string contentYamlString/);
  assert.match(await refusal('d.yaml/x.yaml'), /^Failed to open store/);
});

test('a file that cannot be written is an error', async () => {
  await using folder = await temporaryFolder();
  const bundle = parseBundle('', 'test');
  await assert.rejects(
    writeBundle(path.join(folder.path, 'none/a.yaml'), bundle),
    /^ModelError: Failed to write file: ENOENT/,
  );
  await assert.rejects(writeBundle('a.txt', bundle), { message: 'Unknown store extension .txt' });
});
