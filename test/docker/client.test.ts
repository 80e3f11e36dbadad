import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, type RequestListener, type Server } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { describe, test } from 'node:test';
import { PluginClient, type PluginTls } from '../../lib/docker/index.ts';
import { keptCertificate } from '../support/kept-certificate.ts';
import { fakePauses } from './fake-pauses.ts';

async function serving<T>(
  listener: RequestListener,
  work: (port: number) => Promise<T>,
  server: Server = createServer(),
) {
  server.on('request', listener);
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  try {
    return await work((server.address() as AddressInfo).port);
  } finally {
    server.closeAllConnections();
    server.close();
  }
}

const client = (port: number, pauses = fakePauses()) =>
  new PluginClient({ name: 'p', address: `tcp://127.0.0.1:${port}` }, pauses);

describe('the client of a Docker plugin', () => {
  test('posts JSON with a newline, and returns the answer', async () => {
    const seen: IncomingMessage[] = [];
    const bodies: string[] = [];
    await serving(
      async (request, response) => {
        seen.push(request);
        bodies.push(await text(request));
        response.end('{"Path": "/v"}');
      },
      async (port) => {
        assert.deepEqual(await client(port).call('VolumeDriver.Path', { Name: 'v' }), { Path: '/v' });
        await client(port).call('Plugin.Activate');
      },
    );
    assert.deepEqual(bodies, ['{"Name":"v"}\n', '']);
    assert.deepEqual(
      seen.map(({ method, url, headers }) => [method, url, headers.accept, headers['content-type']]),
      [
        ['POST', '/VolumeDriver.Path', 'application/vnd.docker.plugins.v1.2+json', undefined],
        ['POST', '/Plugin.Activate', 'application/vnd.docker.plugins.v1.2+json', undefined],
      ],
    );
  });

  const answers: [what: string, status: number, body: string, expected: object][] = [
    ['Err of an answer other than 200', 500, '{"Err": "no space"}', { code: 500, message: 'M: no space' }],
    ['the text of one that is not JSON', 400, 'bad thing\n', { code: 400, message: 'M: bad thing' }],
    ['the status where there are no words', 503, '', { code: 503, message: 'M: status 503' }],
    ['that 201 is no success', 201, '{}', { code: 201 }],
    ['that an answer is not JSON', 200, '<html>', { code: 502, message: /M: expected JSON/ }],
  ];
  for (const [what, status, body, expected] of answers) {
    test(`tells ${what}`, async () => {
      await serving(
        (_, response) => response.writeHead(status).end(body),
        (port) => assert.rejects(client(port).call('M'), expected),
      );
    });
  }

  test('returns null for an empty answer, and Err of a 200 as it is', async () => {
    let body = '';
    await serving(
      (_, response) => response.end(body),
      async (port) => {
        assert.equal(await client(port).call('M'), null);
        body = '{"Err": "of the subsystem"}';
        assert.deepEqual(await client(port).call('M'), { Err: 'of the subsystem' });
      },
    );
  });

  test('tries a connection that fails again for some 15 s, unless told not to', async () => {
    const pauses = fakePauses();
    await assert.rejects(client(1, pauses).call('M'), {
      code: 502,
      message: /M: tcp:\/\/127\.0\.0\.1:1: .*ECONNREFUSED/,
    });
    assert.deepEqual(pauses.waited, [1, 2, 4, 8]);
    const once = fakePauses();
    await assert.rejects(client(1, once).call('M', {}, { retry: false }), { code: 502 });
    assert.deepEqual(once.waited, []);
  });

  test('succeeds when a later try does, with the same body', async () => {
    const bodies: string[] = [];
    await serving(
      async (request, response) => {
        bodies.push(await text(request));
        if (bodies.length === 1) request.socket.destroy();
        else response.end('{}');
      },
      (port) => client(port).call('M', { a: 1 }),
    );
    assert.deepEqual(bodies, ['{"a":1}\n', '{"a":1}\n']);
  });

  test('ends at its limit and when it is cancelled', async () => {
    await serving(
      () => {},
      async (port) => {
        await assert.rejects(client(port).call('M', {}, { timeoutMs: 20 }), {
          code: 504,
          message: /M: no answer after 0\.02 s/,
        });
        const ending = new AbortController();
        const call = client(port).call('M', {}, { signal: ending.signal });
        ending.abort();
        await assert.rejects(call, { code: 503 });
      },
    );
  });

  test('streams an answer, and sends a file', async () => {
    await serving(
      async (request, response) => {
        const body = await text(request);
        response.write('{"sent":');
        response.end(`${body.length}}`);
      },
      async (port) => {
        assert.equal(await text(await client(port).stream('M', { a: 1 })), '{"sent":8}');
        assert.deepEqual(await client(port).sendFile('M', () => Readable.from(['x'.repeat(100_000)])), {
          sent: 100_000,
        });
      },
    );
  });

  const schemes: [address: string, tls: PluginTls | undefined, scheme: string][] = [
    ['tcp://127.0.0.1:8080', undefined, 'http'],
    ['unix:///var/run/x.sock', undefined, 'unix'],
    ['http://127.0.0.1:8080', undefined, 'http'],
    ['https://127.0.0.1:8080', undefined, 'https'],
    ['tcp://127.0.0.1:8080', {}, 'https'],
  ];
  for (const [address, tls, scheme] of schemes) {
    test(`${address}${tls ? ' with TLS settings' : ''} goes by ${scheme}`, () => {
      assert.equal(new PluginClient({ name: 'p', address, ...(tls ? { tls } : {}) }).scheme, scheme);
    });
  }

  test('verifies a certificate where a CA is named, and only then', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'dk-'));
    try {
      const names = [{ type: 7 as const, ip: '127.0.0.1' }];
      const [own, other] = await Promise.all(
        ['own', 'other'].map((value) =>
          keptCertificate(`docker-${value}`, (generate) =>
            generate([{ name: 'commonName', value }], {
              extensions: [{ name: 'subjectAltName', altNames: names }],
            }),
          ),
        ),
      );
      assert.ok(own && other);
      await writeFile(join(folder, 'own.pem'), own.cert);
      await writeFile(join(folder, 'other.pem'), other.cert);
      const by = (port: number, tls: PluginTls) =>
        new PluginClient({ name: 'p', address: `tcp://127.0.0.1:${port}`, tls }).call(
          'M',
          {},
          { retry: false },
        );
      await serving(
        (_, response) => response.end('{}'),
        async (port) => {
          assert.deepEqual(await by(port, {}), {});
          assert.deepEqual(await by(port, { CAFile: join(folder, 'own.pem') }), {});
          await assert.rejects(by(port, { CAFile: join(folder, 'other.pem') }), {
            code: 502,
            message: /certificate/,
          });
          assert.deepEqual(
            await by(port, { CAFile: join(folder, 'other.pem'), InsecureSkipVerify: true }),
            {},
          );
          await assert.rejects(by(port, { CAFile: join(folder, 'missing.pem') }), { message: /ENOENT/ });
        },
        createTlsServer({ cert: own.cert, key: own.key }),
      );
    } finally {
      await rm(folder, { recursive: true });
    }
  });
});
