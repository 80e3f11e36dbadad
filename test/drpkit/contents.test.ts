import assert from 'node:assert/strict';
import { mkdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import type { RawModel } from '../../lib/models/index.ts';
import { Client } from './client.ts';

const PACK =
  'meta: {Name: pack, Version: v1.0.0}\nsections: {profiles: {in-pack: {Name: in-pack, Description: one}}}';

test('content packs', { concurrency: 2 }, async (t) => {
  await using client = await Client.open();
  const { running } = client;
  const folder = join(running.root, 'work');
  await mkdir(folder);
  const cwd = { cwd: folder };
  const read = (name: string) => readFile(join(folder, name), 'utf8');

  await t.test('are bundled, unbundled and documented in the current folder, or another', async () => {
    const pack = join(folder, 'pack');
    await mkdir(join(pack, 'params'), { recursive: true });
    await writeFile(join(pack, '._Name.meta'), 'herd');
    await writeFile(
      join(pack, 'params', 'herd.size.yaml'),
      'Name: herd/size\nDocumentation: How many.\nSchema: {type: integer}\n',
    );
    assert.equal(
      await client.text(['contents', 'bundle', '../herd.yaml', 'Version=v1.2.3'], { cwd: pack }),
      '',
    );
    const bundle = await read('herd.yaml');
    for (const line of ['  Name: herd', '  Version: v1.2.3', '    herd/size:']) {
      assert.ok(bundle.split('\n').includes(line), line);
    }

    await client.text(['contents', 'unbundle', 'herd.yaml', '--dir', 'again', '-F', 'yaml'], cwd);
    assert.match(await read('again/params/herd.size.yaml'), /^Name: herd\/size$/m);
    await client.text(['contents', 'bundle', 'again.yaml', '--dir', 'again'], cwd);
    assert.equal(await read('again.yaml'), bundle);

    for (const file of ['herd.json', 'herd.go', 'herd.ts']) {
      await client.text(['contents', 'bundle', file, 'Version=v1.2.3', '--dir', 'pack'], cwd);
    }
    const documents = await Promise.all([
      client.text(['contents', 'document', 'herd.yaml'], cwd),
      client.text(['contents', 'document', 'herd.ts'], cwd),
      client.text(['contents', 'document', 'herd.go', '--format', 'markdown'], {
        ...cwd,
        env: { RS_FORMAT: 'yaml' },
      }),
    ]);
    assert.match(documents[0], /^herd\/size\n\+{9}\n\nHow many\.$/m);
    assert.equal(documents[1], documents[0]);
    assert.match(documents[2], /^# herd/);
  });

  await t.test(
    'with something wrong are errors that name the place; warnings are said, and errors with --strict',
    async () => {
      const pack = join(folder, 'wrong');
      await mkdir(join(pack, 'params'), { recursive: true });
      await writeFile(join(pack, 'params', 'x.yaml'), 'Name: xx\nSchema: {type: nothing}\n');
      const error = await client.error(['contents', 'bundle', 'wrong.yaml', '--dir', 'wrong'], cwd);
      assert.match(error, /^Error: Failed to load: params\/x\.yaml:2: Schema/);
      await assert.rejects(stat(join(folder, 'wrong.yaml')));

      await mkdir(join(folder, 'odd', 'zork'), { recursive: true });
      const { code, stderr } = await client.run(['contents', 'bundle', 'odd.yaml', '--dir', 'odd'], cwd);
      assert.equal(code, 0);
      assert.match(stderr, /^Warning: zork: unknown folder/);
      assert.match(
        await client.error(['contents', 'bundle', 'strict.yaml', '--dir', 'odd', '--strict'], cwd),
        /^Error: Failed to load: zork: unknown folder/,
      );
    },
  );

  await t.test('may name what the packs of --with have; --strict refuses what they do not', async () => {
    const pack = join(folder, 'naming');
    await mkdir(join(pack, 'stages'), { recursive: true });
    await writeFile(join(pack, '._Name.meta'), 'naming');
    await writeFile(join(pack, 'stages', 'x.yaml'), 'Name: naming-stage\nTasks:\n- one-task\n- two-task\n');
    for (const task of ['one', 'two']) {
      await mkdir(join(folder, task, 'tasks'), { recursive: true });
      await writeFile(join(folder, task, 'tasks', 'x.yaml'), `Name: ${task}-task\n`);
      await writeFile(join(folder, task, '._Name.meta'), task);
    }
    await client.text(['contents', 'bundle', 'two.yaml', '--dir', 'two'], cwd);
    const bundle = ['contents', 'bundle', 'naming.yaml', '--dir', 'naming'];
    const { code, stderr } = await client.run(bundle, cwd);
    assert.equal(code, 0);
    const missing = (at: number, task: string) =>
      `stages/x.yaml:${at}: Tasks.${at - 3}: there is no task ${task}-task`;
    const lines = stderr.trimEnd().split('\n');
    assert.deepEqual(
      lines,
      [3, 4].map((at) => `Warning: ${missing(at, at === 3 ? 'one' : 'two')} in the packs at hand`),
    );
    assert.match(
      await client.error([...bundle, '--strict', '--with', 'one'], cwd),
      new RegExp(`^Error: Failed to load: ${missing(4, 'two')}`),
    );
    assert.equal(await client.text([...bundle, '--strict', '--with', 'one', '--with=two.yaml'], cwd), '');
    assert.match(
      await client.error([...bundle, '--with', 'nowhere.yaml'], cwd),
      /nowhere\.yaml: no such file/,
    );
  });

  await t.test('in files that are none are errors, in the words of drpcli', async () => {
    const [extension, missing, document, format] = await Promise.all([
      client.error(['contents', 'bundle', 'x.txt'], cwd),
      client.error(['contents', 'unbundle', 'nofile.yaml'], cwd),
      client.error(['contents', 'document', 'x.txt'], cwd),
      client.error(['contents', 'document', 'x.yaml', '-F', 'json'], cwd),
    ]);
    assert.match(extension, /^Error: Unknown store extension \.txt\nUsage:\n/);
    assert.equal(
      missing,
      'Error: Failed to open store nofile.yaml: open nofile.yaml: no such file or directory\n',
    );
    assert.match(document, /^Error: Unknown store extension \.txt\n/);
    assert.match(format, /^Error: format: expected rst, markdown, html, found json\nUsage:\n/);
  });

  await t.test('are created, updated, uploaded, listed, shown and destroyed at an endpoint', async () => {
    const summary = (await client.json(['contents', 'create', PACK])) as { meta: RawModel; Counts: RawModel };
    assert.deepEqual([summary.meta.Name, summary.Counts], ['pack', { profiles: 1 }]);
    assert.match(
      await client.error(['contents', 'create', PACK]),
      /^Error: POST: contents\/pack: .*already exists/,
    );

    await writeFile(join(folder, 'pack.yaml'), PACK.replace('one', 'two'));
    await client.json(['contents', 'update', 'pack', 'pack.yaml'], cwd);
    const shown = (await client.json(['contents', 'show', 'pack'])) as { sections: { profiles: RawModel } };
    assert.equal((shown.sections.profiles['in-pack'] as RawModel).Description, 'two');
    assert.equal(
      await client.error(['contents', 'update', 'other', 'pack.yaml'], cwd),
      'Error: Passed ID other does not match layer ID pack\n',
    );

    await client.json(['contents', 'upload', '-'], { input: PACK.replace('one', 'three') });
    assert.equal((await running.ok('GET', 'profiles/in-pack')).Description, 'three');
    const names = ((await client.json(['contents', 'list'])) as { meta: RawModel }[]).map(
      ({ meta }) => meta.Name,
    );
    assert.ok(names.includes('pack') && names.includes('BackingStore'));

    assert.equal(await client.text(['contents', 'exists', 'pack']), '');
    assert.equal(await client.text(['contents', 'destroy', 'pack']), 'Deleted content pack\n');
    assert.equal(await client.error(['contents', 'exists', 'pack']), 'Error: content:pack does not exist\n');
    assert.match(await client.error(['contents', 'show', 'pack']), /^Error: GET: contents\/pack: /);
  });

  await t.test('are uploaded with the values that a bundle of them has', async () => {
    const values =
      'n/a: 12:30:45\n n/b: 1:20\n n/c: 083\n n/d: 0o14\n n/e: 0b11\n n/f: 1_000\n n/g: 2001-12-14\n n/h: yes\n n/i: [\n~]';
    const params = values.replaceAll('\n ', '\n        ');
    const pack = `meta:\n  Name: values\n  Version: 1.0\n  Order: 1000\nsections:\n  profiles:\n    values:\n      Params:\n        ${params}\n`;
    await writeFile(join(folder, 'values.yaml'), pack);
    const { meta } = (await client.json(['contents', 'upload', 'values.yaml'], cwd)) as { meta: RawModel };
    assert.deepEqual([meta.Version, meta.Order], ['1', '1000']);
    const expected = {
      'n/a': '12:30:45',
      'n/b': '1:20',
      'n/c': 83,
      'n/d': 12,
      'n/e': 3,
      'n/f': 1000,
      'n/g': '2001-12-14',
      'n/h': true,
      'n/i': [null],
    };
    assert.deepEqual((await running.ok('GET', 'profiles/values')).Params, expected);
    await client.text(['contents', 'unbundle', 'values.yaml', '--dir', 'values'], cwd);
    const profile = JSON.parse(await read('values/profiles/values.json')) as RawModel;
    assert.deepEqual(profile.Params, expected);
    await client.json(['profiles', 'create', `Name: by-line\nParams:\n ${values}`]);
    assert.deepEqual((await running.ok('GET', 'profiles/by-line')).Params, expected);
  });

  await t.test('that are no bundles are not uploaded', async () => {
    const expected = 'Error: Error parsing layer: expected a bundle with meta.Name and sections';
    assert.equal(await client.error(['contents', 'upload', '{a: 1}']), `${expected}\n`);
    assert.equal(
      await client.error(['contents', 'upload', 'nofile.yaml'], cwd),
      `${expected}; there is no file nofile.yaml\n`,
    );
  });

  await t.test('take the place of objects made by hand with --replace-writable only', async () => {
    await running.ok('POST', 'profiles', { Name: 'by-hand' });
    const pack = '{meta: {Name: replacing}, sections: {profiles: {by-hand: {Name: by-hand}}}}';
    assert.match(await client.error(['contents', 'upload', pack]), /^Error: .*by-hand/s);
    await client.json(['contents', 'upload', pack, '--replace-writable']);
  });

  await t.test(
    'are made of objects and made objects again, with secrets sealed by a key in a file',
    async () => {
      await running.ok('POST', 'profiles', { Name: 'secretive', Params: { open: [1] } });
      await running.secret('profiles/secretive', 'cow/secret', 'quiet');
      const bundlize = ['contents', 'bundlize', 'made.yaml', 'Name=made', 'profiles:secretive'];
      assert.equal(
        await client.error(bundlize, cwd),
        'Error: Content has secure parameters, but cannot save key!  Use --key=path/to/keyfile.json\n',
      );
      await assert.rejects(stat(join(folder, 'made.yaml')));

      await client.json([...bundlize, '--key', 'key.json', '--delete', '--reload'], cwd);
      assert.doesNotMatch(await read('made.yaml'), /quiet/);
      assert.equal((await stat(join(folder, 'key.json'))).mode & 0o777, 0o600);
      const decoded = () => client.json(['profiles', 'get', 'secretive', 'param', 'cow/secret', '--decode']);
      assert.equal(await decoded(), 'quiet');
      assert.equal((await running.ok('GET', 'profiles/secretive')).Bundle, 'made');

      assert.match(
        await client.error(['contents', 'show', 'made']),
        /^Error: Content has secure parameters, /,
      );
      const shown = await client.text(['contents', 'show', 'made', '--key', 'other.json', '-F', 'yaml'], cwd);
      assert.doesNotMatch(shown, /quiet/);
      await client.text(['contents', 'destroy', 'made']);
      await client.json(['contents', 'upload', '-', '--key', 'other.json'], { ...cwd, input: shown });
      assert.equal(await decoded(), 'quiet');

      await client.text(['contents', 'destroy', 'made']);
      assert.match(
        await client.error(['contents', 'convert', 'made.yaml'], cwd),
        /^Error: Failed to create profiles:secretive: /,
      );
      assert.match(
        await client.error(['contents', 'convert', 'made.yaml', '--key', 'made.yaml'], cwd),
        /^Error: key: made\.yaml holds no key/,
      );
      await client.text(['contents', 'convert', 'made.yaml', '--key', 'key.json'], cwd);
      assert.equal(await decoded(), 'quiet');
      assert.equal((await running.ok('GET', 'profiles/secretive')).Bundle, '');
    },
  );

  await t.test('are made of all objects that have a value', async () => {
    for (const name of ['two-a', 'two-b', 'two-c']) {
      await running.ok('POST', 'profiles', {
        Name: name,
        Description: name === 'two-c' ? 'other' : 'wanted',
      });
    }
    await client.text(['contents', 'bundlize', 'two.json', 'profiles:Description=wanted'], cwd);
    const { sections } = JSON.parse(await read('two.json')) as { sections: { profiles: object } };
    assert.deepEqual(Object.keys(sections.profiles), ['two-a', 'two-b']);
    const [none, wrong] = await Promise.all([
      client.error(['contents', 'bundlize', 'none.json'], cwd),
      client.error(['contents', 'bundlize', 'none.json', 'profiles'], cwd),
    ]);
    assert.equal(none, 'Error: No object specified\n');
    assert.match(wrong, /^Error: Meta fields must have '=' in them\. {2}Objects must have a :\.\nUsage:\n/);
  });
});
