import assert from 'node:assert/strict';
import { mkdir, readdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { test } from 'node:test';
import type { BootEnv } from '../../lib/api/index.ts';
import { ModelError } from '../../lib/models/index.ts';
import { type Handler, TestEndpoint } from './test-endpoint.ts';

/** Holds objects by path, as they are created and replaced. */
function store(): { objects: Map<string, unknown>; handler: Handler } {
  const objects = new Map<string, unknown>();
  const handler: Handler = ({ method, url, json }) => {
    const [prefix = '', key] = url.slice('/api/v3/'.length).split('/');
    if (prefix.startsWith('isos')) {
      if (method === 'GET') return { body: ['there.iso'] };
      objects.set(url.slice('/api/v3/'.length), true);
      return { body: { Path: key, Size: 1 } };
    }
    if (method === 'POST') {
      const { Name, ID } = json() as { Name?: string; ID?: string };
      objects.set(`${prefix}/${Name ?? ID}`, json());
      return { status: 201, body: json() };
    }
    const at = `${prefix}/${key}`;
    if (method === 'PUT') objects.set(at, json());
    return objects.has(at) ? { body: objects.get(at) } : { status: 404 };
  };
  return { objects, handler };
}

test('a template is made from a file under its name or another, and its text replaced', async () => {
  const { objects, handler } = store();
  await using endpoint = await TestEndpoint.start(handler);
  const client = endpoint.client();
  const file = path.join(endpoint.directory, 'a.tmpl');
  await writeFile(file, 'one');
  await client.installTemplate(file);
  await client.installTemplate(file, 'other.tmpl');
  await writeFile(file, 'two');
  await client.installTemplate(file);
  assert.deepEqual(objects.get('templates/a.tmpl'), { ID: 'a.tmpl', Contents: 'two' });
  assert.deepEqual(objects.get('templates/other.tmpl'), { ID: 'other.tmpl', Contents: 'one' });
  const before = endpoint.requests.length;
  await client.installTemplate(file);
  assert.ok(endpoint.requests.slice(before).every(({ method }) => method !== 'PUT'));
  await assert.rejects(client.installTemplate('/no/such.tmpl'), { code: 400 });
});

test('a boot environment brings the templates that it names and those beside it', async () => {
  const { objects, handler } = store();
  await using endpoint = await TestEndpoint.start(handler);
  const [bootenvs, templates] = ['bootenvs', 'templates'].map((name) => path.join(endpoint.directory, name));
  await mkdir(`${bootenvs}`);
  await mkdir(`${templates}`);
  await writeFile(`${templates}/named.tmpl`, 'named');
  await writeFile(`${templates}/extra`, 'extra');
  const file = `${bootenvs}/env.yaml`;
  await writeFile(
    file,
    'Name: env\nTemplates:\n  - { ID: named.tmpl, Name: n, Path: p }\n  - { Name: inline }\n',
  );
  const client = endpoint.client();
  assert.equal((await client.installBootEnv(file)).Name, 'env');
  assert.deepEqual([...objects.keys()], ['templates/named.tmpl', 'templates/extra', 'bootenvs/env']);
  const before = endpoint.requests.length;
  assert.equal((await client.installBootEnv(file)).Name, 'env');
  assert.ok(endpoint.requests.slice(before).every(({ method }) => ['HEAD', 'GET'].includes(method)));
});

test('outside of a pack only *.tmpl beside a boot environment are templates', async () => {
  const { objects, handler } = store();
  await using endpoint = await TestEndpoint.start(handler);
  const file = path.join(endpoint.directory, 'env.json');
  await writeFile(file, '{"Name": "env"}');
  await writeFile(path.join(endpoint.directory, 'x.tmpl'), '');
  await endpoint.client().installBootEnv(file);
  assert.deepEqual([...objects.keys()], ['templates/x.tmpl', 'bootenvs/env']);
});

test('a boot environment without a name, or that reaches out of its folder, is refused', async () => {
  const { objects, handler } = store();
  await using endpoint = await TestEndpoint.start(handler);
  const file = path.join(endpoint.directory, 'env.yaml');
  const client = endpoint.client();
  for (const text of ['{}', '[]', 'a: [', 'Name: x\nTemplates: [{ ID: ../secret }]', 'Name: 7']) {
    await writeFile(file, text);
    await assert.rejects(client.installBootEnv(file), { name: 'ModelError', code: 400 }, text);
  }
  const unlike = ['Templates: 5', 'Templates: [x]', 'Templates: [{ ID: 7 }]'].map(
    (text) => `Name: x\n${text}`,
  );
  for (const text of ['[]', 'a: [', ...unlike]) {
    await writeFile(file, text);
    await assert.rejects(client.installBootEnv(file), { message: new RegExp(`bootenvs: ${file}: `) }, text);
  }
  assert.equal(objects.size, 0);
});

test('the images that a boot environment needs are uploaded, those that are there are not', async () => {
  const { objects, handler } = store();
  await using endpoint = await TestEndpoint.start(handler);
  const client = endpoint.client();
  const bootEnv = (...names: string[]) =>
    ({
      Name: 'env',
      OS: {
        IsoFile: 'there.iso',
        SupportedArchitectures: Object.fromEntries(names.map((IsoFile) => [IsoFile, { IsoFile }])),
      },
    }) as unknown as BootEnv;
  await writeFile(path.join(endpoint.directory, 'new.iso'), 'x');
  assert.deepEqual(await client.uploadIsos(bootEnv('new.iso', ''), endpoint.directory), ['new.iso']);
  assert.deepEqual([...objects.keys()], ['isos/new.iso']);
  assert.deepEqual(await client.uploadIsos({ OS: { IsoFile: '' } } as BootEnv, endpoint.directory), []);
  await assert.rejects(client.uploadIsos(bootEnv('none.iso'), endpoint.directory), {
    code: 404,
    key: 'none.iso',
  });
  await assert.rejects(client.uploadIsos(bootEnv('../ca.pem'), endpoint.directory), { code: 400 });
});

test('images that are not in the folder are downloaded into it if asked, and checked', async () => {
  const { objects, handler } = store();
  await using endpoint = await TestEndpoint.start(handler);
  await using web = await TestEndpoint.start(
    ({ url }) => (url === '/a.iso' ? { body: 'abc' } : { status: 404 }),
    {
      tls: false,
    },
  );
  const client = endpoint.client();
  const folder = path.join(endpoint.directory, 'isos');
  const sum = 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad';
  const bootEnv = (IsoFile: string, url: string, IsoSha256 = '') =>
    ({ Name: 'env', OS: { IsoFile, IsoUrl: url && `${web.url}${url}`, IsoSha256 } }) as BootEnv;
  const install = (env: BootEnv, download = true) => client.uploadIsos(env, folder, { download });

  await assert.rejects(install(bootEnv('a.iso', '/a.iso'), false), { code: 404, key: 'a.iso' });
  await assert.rejects(install(bootEnv('a.iso', '')), { code: 404, message: /no IsoUrl/ });
  await assert.rejects(install(bootEnv('a.iso', '/none')), { code: 502, message: /404/ });
  await assert.rejects(install(bootEnv('a.iso', '/a.iso', 'ff')), { code: 502, message: /should be ff/ });
  assert.deepEqual([await readdir(folder), [...objects.keys()]], [[], []]);
  assert.deepEqual(await install(bootEnv('a.iso', '/a.iso', sum.toUpperCase())), ['a.iso']);
  assert.deepEqual([await readdir(folder), [...objects.keys()]], [['a.iso'], ['isos/a.iso']]);
});

test('the user and password in the URL of an image are not in what is said of it', async () => {
  const { handler } = store();
  await using endpoint = await TestEndpoint.start(handler);
  const OS = { IsoFile: 'a.iso', IsoUrl: 'http://jo:hunter2@127.0.0.1:1/a.iso' };
  const bootEnv = { Name: 'env', OS } as BootEnv;
  const folder = path.join(endpoint.directory, 'isos');
  await assert.rejects(endpoint.client().uploadIsos(bootEnv, folder, { download: true }), (error) => {
    assert.ok(error instanceof ModelError);
    assert.equal(error.code, 502);
    assert.match(JSON.stringify(error), /http:\/\/127\.0\.0\.1:1\/a\.iso/);
    assert.doesNotMatch(`${JSON.stringify(error)} ${error.message}`, /hunter2|jo:/);
    return true;
  });
});

test('the login in the URL of an image is for its own server: not for where that redirects to, nor in what it says', async () => {
  const { objects, handler } = store();
  await using endpoint = await TestEndpoint.start(handler);
  const asked: string[] = [];
  const answering = (place: string) => (request: { url?: string; headers: { authorization?: string } }) => {
    asked.push(`${place}${request.url} ${request.headers.authorization ?? 'without a login'}`);
    return request.url?.endsWith('.iso') ? { body: 'abc' } : { status: 404 };
  };
  await using other = await TestEndpoint.start(answering('other'), { tls: false });
  const own = answering('own');
  await using web = await TestEndpoint.start(
    (request) => {
      const [, place] = /^\/to-(own|other)/.exec(request.url ?? '') ?? [];
      if (place === undefined) return own(request);
      own(request);
      return { status: 302, headers: { location: place === 'own' ? '/a.iso' : `${other.url}/b.iso` } };
    },
    { tls: false },
  );
  const folder = path.join(endpoint.directory, 'isos');
  const login = 'jo%40work:hunter%2f2%zz';
  const install = (IsoFile: string, from: string) => {
    const IsoUrl = `${web.url}${from}`.replace('://', `://${login}@`);
    const env = { Name: 'env', OS: { IsoFile, IsoUrl } } as BootEnv;
    return endpoint.client().uploadIsos(env, folder, { download: true });
  };
  await install('a.iso', '/to-own');
  await install('b.iso', '/to-other');
  // What is not an escape stays as it is.
  const basic = `Basic ${Buffer.from('jo@work:hunter%2f2%zz').toString('base64')}`;
  assert.deepEqual(asked, [
    `own/to-own ${basic}`,
    `own/a.iso ${basic}`,
    `own/to-other ${basic}`,
    'other/b.iso without a login',
  ]);
  assert.deepEqual([...objects.keys()], ['isos/a.iso', 'isos/b.iso']);
  for (const from of ['/none', ':x/a.iso']) {
    await assert.rejects(install('c.iso', from), (error: ModelError) => {
      assert.equal(error.code, 502);
      assert.doesNotMatch(`${JSON.stringify(error)} ${error.stack}`, /hunter|jo%40/);
      return true;
    });
  }
});
