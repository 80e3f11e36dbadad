import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, suite, test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { type DownloadOptions, downloadItem, fetchCatalog } from '../../lib/catalog/index.ts';

const BYTES = Buffer.alloc(100_000, 'milk');
const SUM = createHash('sha256').update(BYTES).digest('hex');
const PLATFORM = { arch: 'amd64', os: 'linux' };

suite('downloads of a catalog', () => {
  let folder = '';
  let server: Server;
  let other: Server;
  let url = '';
  let elsewhere = '';
  const asked: string[] = [];

  const listen = async (answer: Parameters<typeof createServer>[1]) => {
    const made = createServer(answer as never).listen(0, '127.0.0.1');
    await once(made, 'listening');
    return made;
  };
  const portOf = (one: Server) => (one.address() as AddressInfo).port;

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'catalog-'));
    other = await listen((request, response) => {
      asked.push(request.url ?? '');
      response.end(BYTES);
    });
    // Another name of the same machine is another host.
    elsewhere = `http://localhost:${portOf(other)}`;
    server = await listen((request, response) => {
      const path = request.url ?? '';
      if (path.startsWith('/good')) return void response.end(BYTES);
      if (path === '/moved') return void response.writeHead(302, { location: '/good' }).end();
      if (path === '/away') return void response.writeHead(302, { location: `${elsewhere}/good` }).end();
      if (path === '/round') return void response.writeHead(302, { location: '/round' }).end();
      if (path === '/script') return void response.writeHead(302, { location: 'file:///etc/passwd' }).end();
      if (path === '/unsaid') {
        response.write(BYTES);
        return void response.end(BYTES);
      }
      if (path === '/cut') {
        response.writeHead(200, { 'content-length': BYTES.length * 2 });
        response.write(BYTES, () => response.destroy());
        return;
      }
      response.writeHead(404).end();
    });
    url = `http://127.0.0.1:${portOf(server)}`;
  });
  after(async () => {
    for (const one of [server, other]) {
      one.closeAllConnections();
      one.close();
    }
    await rm(folder, { recursive: true, force: true });
  });

  const write = async (
    file: string,
    Source: string,
    sum = SUM,
    pack = (text: string) => Buffer.from(text),
  ) => {
    const item = {
      Name: 'tools',
      Version: 'stable',
      ContentType: 'DRPUX',
      Source,
      Shasum256: { 'any/any': sum },
    };
    const catalog = {
      meta: { Name: 'rackn-catalog' },
      sections: { catalog_items: { 'tools-stable': item } },
    };
    await writeFile(join(folder, file), pack(JSON.stringify(catalog)));
    return join(folder, file);
  };

  const download = async (Source: string, options: DownloadOptions = {}, sum = SUM) => {
    const catalog = await fetchCatalog(await write('catalog.json', Source, sum));
    const [item] = catalog.items.values();
    assert.ok(item);
    const file = join(folder, 'got');
    const size = await downloadItem(catalog, item, PLATFORM, file, options);
    const bytes = await readFile(file);
    await rm(file);
    return { size, bytes };
  };

  const refused = async (
    code: number,
    message: RegExp,
    source: string,
    options?: DownloadOptions,
    sum?: string,
  ) => {
    await assert.rejects(download(source, options, sum), { code, message });
    assert.ok(!(await readdir(folder)).includes('got'), 'nothing of it is left');
  };

  test('come with their progress, also from where the same host redirects to', async () => {
    const told: number[] = [];
    const { size, bytes } = await download(`${url}/good`, {
      onProgress: ({ transferred, total }) => {
        assert.equal(total, BYTES.length);
        told.push(transferred);
      },
    });
    assert.ok(size === BYTES.length && bytes.equals(BYTES));
    assert.equal(told.at(-1), BYTES.length);
    assert.equal((await download(`${url}/moved`)).size, BYTES.length);
  });

  test('with another sum than the catalog says are refused', async () => {
    const wrong = SUM.replace(/^./, (digit) => (digit === '0' ? '1' : '0'));
    const message =
      /^tools stable: .*\/good has the SHA-256 sum [0-9a-f]{64}, the catalog says .*; nothing was installed$/;
    await refused(502, message, `${url}/good`, {}, wrong);
  });

  test('that are redirected to another host are refused, and that host is not asked', async () => {
    await refused(
      502,
      /127\.0\.0\.1:\d+ redirects to http:\/\/localhost:\d+, which the catalog does not name/,
      `${url}/away`,
    );
    assert.deepEqual(asked, []);
    await refused(502, /redirects to file:/, `${url}/script`);
    await refused(502, /redirects more than 5 times/, `${url}/round`);
  });

  test('beyond the bound are refused, whether or not the server says their size', async () => {
    for (const path of ['/good', '/unsaid'])
      await refused(413, /is larger than 0 MiB/, `${url}${path}`, { largest: BYTES.length - 1 });
  });

  test('that break off, or are not there, are refused', async () => {
    await refused(502, /downloading .*\/cut: /, `${url}/cut`);
    await refused(502, /\/none: the server answers 404; nothing was installed/, `${url}/none`);
    await refused(502, /ECONNREFUSED/, 'http://127.0.0.1:9/x');
  });

  test('tell the user and password of a URL or proxy to nobody', async () => {
    const told = async (work: Promise<unknown>) => {
      const message = await work.then(
        () => assert.fail('it did not fail'),
        (error: Error) => error.message,
      );
      assert.doesNotMatch(message, /s3cret|someone/);
      return message;
    };
    const at = 'http://someone:s3cret@127.0.0.1:9';
    assert.match(
      await told(fetchCatalog(`${at}/x`)),
      /^Error fetching catalog: http:\/\/127\.0\.0\.1:9\/x: .*ECONN/,
    );
    await told(fetchCatalog('http://someone:s3cret@[::1/x'));
    assert.match(await told(download(`${at}/x`)), /downloading http:\/\/127\.0\.0\.1:9\/x: .*ECONNREFUSED/);
    const proxy = 'http://someone:s3cret@127.0.0.1:99999';
    assert.match(
      await told(fetchCatalog(`${url}/x`, { proxy })),
      /Invalid proxy URL: http:\/\/127\.0\.0\.1:99999/,
    );
  });

  test('of a catalog that is a file may lie beside it, and nowhere else', async () => {
    await mkdir(join(folder, 'sub'));
    await writeFile(join(folder, 'sub', 'file'), BYTES);
    assert.equal((await download('sub/file')).size, BYTES.length);
    for (const source of ['../got', 'sub/../../x', '/etc/hostname', '%2e%2e/x', 'file:///etc/hostname'])
      await refused(source.startsWith('file:') ? 502 : 400, /leads out of the folder|no such file/, source);
  });

  test('may be of a catalog that is packed, and tell what is wrong with one', async () => {
    const packed = await fetchCatalog(
      await write('packed.json', `${url}/good`, SUM, (text) => gzipSync(text)),
    );
    assert.deepEqual([...packed.items.keys()], ['tools-stable']);
    await writeFile(join(folder, 'broken.json'), '{"meta":');
    await assert.rejects(fetchCatalog(join(folder, 'broken.json')), {
      code: 400,
      message: /^Error fetching catalog: .*broken.json: /,
    });
    await assert.rejects(fetchCatalog(`${url}/none`), { code: 502, message: /the server answers 404/ });
    await assert.rejects(fetchCatalog(join(folder, 'none.json')), { code: 400, message: /no such file/ });
  });
});
