import assert from 'node:assert/strict';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer as createHttpServer } from 'node:http';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, test } from 'node:test';
import { givesUp, retryDelay } from '../../lib/docker/backoff.ts';
import { PluginRegistry } from '../../lib/docker/index.ts';
import { fakePauses } from './fake-pauses.ts';

/** What the tests of moby's pkg/plugins say, as far as they say what can be seen. */
describe('the registry of Docker plugins', () => {
  let root = '';
  let sockets = '';
  let specs: string[] = [];
  const cleanups: (() => Promise<void>)[] = [];
  const registry = (pauses = fakePauses()) =>
    new PluginRegistry({ socketFolder: sockets, specFolders: specs, pauses });

  beforeEach(async () => {
    root = await mkdtemp(join(tmpdir(), 'dk-'));
    sockets = join(root, 'run');
    specs = [join(root, 'etc'), join(root, 'lib')];
    await mkdir(sockets);
  });
  afterEach(async () => {
    for (const cleanup of cleanups.splice(0)) await cleanup();
    await rm(root, { recursive: true });
  });

  const put = async (path: string, text: string) => {
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, text);
  };
  const bind = async (path: string) => {
    await mkdir(dirname(path), { recursive: true });
    const server = createServer();
    await new Promise<void>((done) => server.listen(path, done));
    cleanups.push(() => new Promise((done) => server.close(() => done())));
  };
  /** A plugin at `path` that answers its activation like this. Returns how often it was asked. */
  const plugin = async (path: string, answer: unknown, status = 200) => {
    await mkdir(dirname(path), { recursive: true });
    const asked: string[] = [];
    const server = createHttpServer((request, response) => {
      asked.push(`${request.method} ${request.url} ${request.headers.accept} ${request.headers.host}`);
      response.writeHead(status).end(typeof answer === 'string' ? answer : JSON.stringify(answer));
    });
    await new Promise<void>((done) => server.listen(path, done));
    cleanups.push(() => new Promise((done) => server.close(() => done())));
    return asked;
  };

  const addresses: [file: string, name: string, text: string, address: string][] = [
    [
      'echo.spec',
      'echo',
      'unix://var/lib/docker/plugins/echo.sock',
      'unix://var/lib/docker/plugins/echo.sock',
    ],
    [
      'echo/echo.spec',
      'echo',
      'unix://var/lib/docker/plugins/echo.sock\n',
      'unix://var/lib/docker/plugins/echo.sock',
    ],
    ['foo.spec', 'foo', ' tcp://localhost:8080 ', 'tcp://localhost:8080'],
    ['foo/foo.spec', 'foo', 'tcp://localhost:8080', 'tcp://localhost:8080'],
  ];
  for (const [file, name, text, address] of addresses) {
    test(`${file} names the address of ${name}`, async () => {
      await put(join(specs[0] ?? '', file), text);
      assert.deepEqual(await registry().find(name), { name, address });
    });
  }

  test('an address without a scheme is refused', async () => {
    await put(join(specs[0] ?? '', 'bar.spec'), 'localhost:8080');
    await assert.rejects(registry().find('bar'), {
      code: 400,
      message: /bar\.spec: expected unix:/,
    });
  });

  test('a .json file has an address and TLS settings, and is called by its file name', async () => {
    const tls = {
      CAFile: '/usr/shared/docker/certs/ca.pem',
      CertFile: '/c',
      KeyFile: '/k',
      InsecureSkipVerify: true,
    };
    await put(
      join(specs[1] ?? '', 'example.json'),
      JSON.stringify({ Name: 'other', Addr: 'https://example.com/docker/plugin', TLSConfig: tls }),
    );
    assert.deepEqual(await registry().find('example'), {
      name: 'example',
      address: 'https://example.com/docker/plugin',
      tls,
    });
    await put(join(specs[1] ?? '', 'plain.json'), '{"Addr": "http://example.com"}');
    assert.deepEqual(await registry().find('plain'), { name: 'plain', address: 'http://example.com' });
  });

  const wrongJson: [string, RegExp][] = [
    ['{', /wrong\.json: /],
    ['[]', /wrong\.json: expected an object/],
    ['{}', /Addr: expected a text/],
    ['{"Addr": "x"}', /Addr: expected unix/],
    ['{"Addr": "http://x", "TLSConfig": 1}', /TLSConfig: expected an object/],
    ['{"Addr": "http://x", "TLSConfig": {"CAFile": 1}}', /TLSConfig\.CAFile: expected a text/],
    [
      '{"Addr": "http://x", "TLSConfig": {"InsecureSkipVerify": "yes"}}',
      /InsecureSkipVerify: expected true or false/,
    ],
  ];
  for (const [text, message] of wrongJson) {
    test(`${text} as .json is refused`, async () => {
      await put(join(specs[0] ?? '', 'wrong.json'), text);
      await assert.rejects(registry().find('wrong'), { code: 400, message });
    });
  }

  test('sockets come before specs, and specs of the first folder before those of the second', async () => {
    for (const folder of specs) {
      await put(join(folder, 'one.json'), '{"Addr": "http://json"}');
      await put(join(folder, 'one.spec'), `tcp://${folder === specs[0] ? 'first' : 'second'}`);
    }
    assert.equal((await registry().find('one')).address, 'tcp://first');
    await bind(join(sockets, 'one', 'one.sock'));
    assert.equal((await registry().find('one')).address, `unix://${join(sockets, 'one', 'one.sock')}`);
    await bind(join(sockets, 'one.sock'));
    assert.equal((await registry().find('one')).address, `unix://${join(sockets, 'one.sock')}`);
  });

  test('a scan finds sockets and specs, at the top or in a folder of their name, and nothing else', async () => {
    await bind(join(sockets, 'echo.sock'));
    await bind(join(sockets, 'foo', 'foo.sock'));
    await bind(join(sockets, 'bar', 'other.sock'));
    await put(join(sockets, 'not-a-socket.sock'), '');
    await put(join(specs[0] ?? '', 'tcp.spec'), 'tcp://x');
    await put(join(specs[0] ?? '', 'nested', 'nested.json'), '{}');
    await put(join(specs[0] ?? '', 'nested', 'other.spec'), '');
    await put(join(specs[0] ?? '', 'readme.txt'), '');
    await put(join(specs[1] ?? '', 'tcp.json'), '{}');
    assert.deepEqual(await registry().scan(), ['echo', 'foo', 'nested', 'tcp', 'tcp']);
  });

  test('a scan passes over folders that are missing', async () => {
    const none = new PluginRegistry({ socketFolder: join(root, 'no'), specFolders: [join(root, 'neither')] });
    assert.deepEqual(await none.scan(), []);
  });

  test('a name cannot lead to another folder', async () => {
    await put(join(root, 'secret.spec'), 'tcp://x');
    for (const name of ['../secret', '..', '.', 'a/b', '']) {
      await assert.rejects(registry().find(name), { code: 404 });
    }
  });

  test('get activates a plugin once, and asks as Docker does', async () => {
    const asked = await plugin(join(sockets, 'vol.sock'), { Implements: ['VolumeDriver', 'NetworkDriver'] });
    const plugins = registry();
    const [first, second] = await Promise.all([
      plugins.get('vol', 'VolumeDriver'),
      plugins.get('vol', 'NetworkDriver'),
    ]);
    assert.equal(first, second);
    assert.deepEqual(first.implements, ['VolumeDriver', 'NetworkDriver']);
    assert.deepEqual(asked, [
      'POST /Plugin.Activate application/vnd.docker.plugins.v1.2+json plugin.moby.localhost',
    ]);
  });

  test('get refuses an empty name, and a subsystem that the plugin is not part of', async () => {
    await plugin(join(sockets, 'vol.sock'), { Implements: ['VolumeDriver'] });
    const plugins = registry();
    await assert.rejects(plugins.get('', 'VolumeDriver'), { code: 400 });
    await assert.rejects(plugins.get('vol', 'NetworkDriver'), {
      code: 501,
      message: /Plugin does not implement the requested driver/,
    });
  });

  test('get waits for a plugin with growing pauses, and finds one that comes meanwhile', async () => {
    const pauses = fakePauses(async (count) => {
      if (count === 2) await plugin(join(sockets, 'late.sock'), { Implements: ['VolumeDriver'] });
    });
    assert.equal((await registry(pauses).get('late', 'VolumeDriver')).name, 'late');
    assert.deepEqual(pauses.waited, [1, 2]);
  });

  test('get gives up after 15 s, with not found', async () => {
    const pauses = fakePauses();
    await assert.rejects(registry(pauses).get('nosuch', 'VolumeDriver'), {
      code: 404,
      message: /plugin not found/,
    });
    assert.deepEqual(pauses.waited, [1, 2, 4, 8]);
  });

  test('a plugin without a list of what it implements is refused, and forgotten', async () => {
    const asked = await plugin(join(sockets, 'odd.sock'), { Implements: 'VolumeDriver' });
    const plugins = registry();
    for (let round = 0; round < 2; round += 1) {
      await assert.rejects(plugins.get('odd', 'VolumeDriver'), {
        code: 502,
        message: /Plugin\.Activate: expected/,
      });
    }
    assert.equal(asked.length, 2);
  });

  test('a plugin that implements nothing is none for any subsystem', async () => {
    await plugin(join(sockets, 'empty.sock'), {});
    await assert.rejects(registry().get('empty', 'VolumeDriver'), { code: 501 });
  });

  test('a plugin that fails its activation is told with its words', async () => {
    await plugin(join(sockets, 'bad.sock'), { Err: 'no licence' }, 500);
    await assert.rejects(registry().get('bad', 'VolumeDriver'), {
      code: 500,
      message: 'Plugin.Activate: no licence',
    });
  });

  test('handlers hear of each plugin of their subsystem once', async () => {
    await plugin(join(sockets, 'vol.sock'), { Implements: ['VolumeDriver'] });
    await plugin(join(sockets, 'net.sock'), { Implements: ['NetworkDriver'] });
    const plugins = registry();
    const heard: string[] = [];
    plugins.handle('VolumeDriver', (name) => heard.push(`first ${name}`));
    plugins.handle('VolumeDriver', (name) => heard.push(`second ${name}`));
    await plugins.get('vol', 'VolumeDriver');
    await plugins.get('vol', 'VolumeDriver');
    await plugins.get('net', 'NetworkDriver');
    assert.deepEqual(heard, ['first vol', 'second vol']);
  });

  test('a handler that comes after the activation hears of it when the plugin is asked for next', async () => {
    await plugin(join(sockets, 'vol.sock'), { Implements: ['VolumeDriver'] });
    const plugins = registry();
    await plugins.get('vol', 'VolumeDriver');
    const heard: string[] = [];
    plugins.handle('VolumeDriver', (name) => heard.push(name));
    assert.deepEqual(heard, []);
    await plugins.get('vol', 'VolumeDriver');
    await plugins.get('vol', 'VolumeDriver');
    assert.deepEqual(heard, ['vol']);
  });

  test('getAll has the plugins of a subsystem, waits for none, and leaves out what fails', async () => {
    await plugin(join(sockets, 'a.sock'), { Implements: ['VolumeDriver'] });
    await plugin(join(sockets, 'b.sock'), { Implements: ['NetworkDriver'] });
    await plugin(join(sockets, 'c.sock'), 'nonsense');
    await put(join(specs[0] ?? '', 'dead.spec'), `unix://${join(root, 'dead.sock')}`);
    const pauses = fakePauses();
    const found = await registry(pauses).getAll('VolumeDriver');
    assert.deepEqual(
      found.map(({ name }) => name),
      ['a'],
    );
    assert.deepEqual(pauses.waited, []);
  });
});

test('pauses grow to 30 s', () => {
  assert.deepEqual([0, 1, 2, 4, 6, 10].map(retryDelay), [1, 2, 4, 16, 30, 30]);
});

test('tries are given up when the next would be 30 s after the first', () => {
  assert.deepEqual(
    [1, 2, 10, 30, 40].map((delay) => givesUp(0, delay)),
    [false, false, false, true, true],
  );
});
