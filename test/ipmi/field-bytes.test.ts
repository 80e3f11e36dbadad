import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import type { AddressInfo, Socket } from 'node:net';
import { createServer as createTcpServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { createServer, type TlsOptions } from 'node:tls';
import { makeCertificate, RedfishService, type Traits } from '../support/redfish-service/index.ts';
import { redfishActor, redfishMode, withRedfish } from './redfish-actor.ts';

const SYSTEM = '/redfish/v1/Systems/1';
const BODY = JSON.stringify({ '@odata.id': SYSTEM, Id: '1', PowerState: 'On' });
const LENGTH = `Content-Length: ${BODY.length}`;
const CHUNKED = `${BODY.length.toString(16)}\r\n${BODY}\r\n0\r\n\r\n`;

/** A Redfish service of which the answer to a GET of the system is these very bytes. */
async function rawService(answer: string, options: TlsOptions = {}, endsAfter = false, login = LOGIN) {
  const { key, cert } = await makeCertificate('raw.example');
  const sockets = new Set<Socket>();
  const server = createServer({ key, cert, ...options }, (socket) => {
    sockets.add(socket);
    socket.on('error', () => {});
    let text = '';
    socket.on('data', (chunk) => {
      text += chunk.toString('latin1');
      for (;;) {
        const [head] = /^(.*?)\r\n\r\n/s.exec(text) ?? [];
        if (head === undefined) return;
        const length = Number(/content-length: (\d+)/i.exec(head)?.[1] ?? 0);
        if (text.length < head.length + length) return;
        text = text.slice(head.length + length);
        const [method = '', uri = ''] = head.split(' ');
        if (uri === SYSTEM) {
          socket.write(answer, 'latin1');
          if (endsAfter) socket.end();
        } else socket.write(method === 'POST' ? login : usual(method, uri));
      }
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    address: '127.0.0.1',
    port,
    [Symbol.asyncDispose]: async () => {
      for (const socket of sockets) socket.destroy();
      server.close();
    },
  };
}

const TOKEN = 'X-Auth-Token: abc\r\nLocation: /redfish/v1/SessionService/Sessions/1\r\n';
const LOGIN = `HTTP/1.1 201 Created\r\n${TOKEN}Content-Length: 0\r\n\r\n`;

function usual(method: string, uri: string): string {
  const body =
    uri === '/redfish/v1/'
      ? { RedfishVersion: '1.0.0', Systems: { '@odata.id': '/redfish/v1/Systems' } }
      : { Members: [{ '@odata.id': SYSTEM }] };
  const text = JSON.stringify(body);
  if (method === 'DELETE') return 'HTTP/1.1 204 No Content\r\n\r\n';
  return `HTTP/1.1 200 OK\r\nContent-Length: ${text.length}\r\n\r\n${text}`;
}

/** Each is taken by Go's client, by curl, or by both. */
const FRAMINGS: readonly (readonly [what: string, answer: string, ends?: boolean])[] = [
  [
    'Content-Length and chunks',
    `HTTP/1.1 200 OK\r\n${LENGTH}\r\nTransfer-Encoding: chunked\r\n\r\n${CHUNKED}`,
  ],
  ['a folded header', `HTTP/1.1 200 OK\r\nX-Long: a\r\n  b\r\n${LENGTH}\r\n\r\n${BODY}`],
  ['headers of 20 kB', `HTTP/1.1 200 OK\r\nX-Long: ${'x'.repeat(20_000)}\r\n${LENGTH}\r\n\r\n${BODY}`],
  ['lines that end with LF', `HTTP/1.1 200 OK\n${LENGTH}\n\n${BODY}`],
  ['no reason', `HTTP/1.1 200\r\n${LENGTH}\r\n\r\n${BODY}`],
  ['HTTP/1.0 to the end of the connection', `HTTP/1.0 200 OK\r\n\r\n${BODY}`, true],
  ['no length, to the end of the connection', `HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n${BODY}`, true],
  ['a control character in a header', `HTTP/1.1 200 OK\r\nServer: a\x01b\r\n${LENGTH}\r\n\r\n${BODY}`],
  ['Latin-1 in a header', `HTTP/1.1 200 OK\r\nServer: \xe9\r\n${LENGTH}\r\n\r\n${BODY}`],
  [
    'chunks with extensions',
    `HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n${CHUNKED.replace('\r\n', ';a=b\r\n')}`,
  ],
  [
    'a chunk size with blanks',
    `HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n${CHUNKED.replace('\r\n', '  \r\n')}`,
  ],
  [
    'chunks without the last one',
    `HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n${CHUNKED.replace('0\r\n\r\n', '')}`,
    true,
  ],
  ['less than its length', `HTTP/1.1 200 OK\r\nContent-Length: ${BODY.length + 50}\r\n\r\n${BODY}`, true],
  ['an answer before the answer', `HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\n${LENGTH}\r\n\r\n${BODY}`],
  ['more than its length', `HTTP/1.1 200 OK\r\n${LENGTH}\r\nConnection: close\r\n\r\n${BODY}\r\n\r\n`, true],
  ['Content-Length twice, the same', `HTTP/1.1 200 OK\r\n${LENGTH}\r\n${LENGTH}\r\n\r\n${BODY}`],
  ['Content-Length twice in one', `HTTP/1.1 200 OK\r\n${LENGTH}, ${BODY.length}\r\n\r\n${BODY}`],
  ['more than its length, kept alive', `HTTP/1.1 200 OK\r\n${LENGTH}\r\n\r\n${BODY}junk`],
  ['two spaces before the status', `HTTP/1.1  200 OK\r\n${LENGTH}\r\n\r\n${BODY}`],
  ['a blank in the name of a header', `HTTP/1.1 200 OK\r\nX Odd : y\r\n${LENGTH}\r\n\r\n${BODY}`],
  [
    'an empty extension of a chunk',
    `HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n${CHUNKED.replace('\r\n', ';\r\n')}`,
  ],
  [
    'chunks that end with LF alone',
    `HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n${CHUNKED.replaceAll('\r\n', '\n')}`,
  ],
  [
    'a last chunk that ends with LF alone',
    `HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n${CHUNKED.replace('\r\n0\r\n\r\n', '\r\n0\n\n')}`,
  ],
  [
    'chunks without the line at their end',
    `HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n${CHUNKED.slice(0, -2)}`,
  ],
  ['a packing that it has not got', `HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n${LENGTH}\r\n\r\n${BODY}`],
  ['another version of HTTP', `HTTP/1.2 200 OK\r\n${LENGTH}\r\n\r\n${BODY}`],
];

describe('bytes that are not as they should be', { concurrency: 4 }, () => {
  for (const [what, answer, ends] of FRAMINGS) {
    test(`an answer with ${what} is read`, async () => {
      await using service = await rawService(answer, {}, ends);
      assert.equal(await redfishActor(service)('powerstatus'), 'On');
    });
  }

  test('a login that is answered in chunks that end with LF alone is one', async () => {
    const login = `HTTP/1.1 201 Created\r\n${TOKEN}Transfer-Encoding: chunked\r\n\r\n2\n{}\n0\n\n`;
    await using service = await rawService(`HTTP/1.1 200 OK\r\n${LENGTH}\r\n\r\n${BODY}`, {}, false, login);
    assert.equal(await redfishActor(service)('powerstatus'), 'On');
  });

  test('a body after 204 spoils no request that follows', async () => {
    await withRedfish({}, async (act, service) => {
      service.fault = ({ method, uri }) =>
        method === 'PATCH' && uri.includes('Systems') ? { status: 200, body: 'not JSON' } : undefined;
      await assert.rejects(act('identify'), { code: 502, message: /IndicatorLED is Off/ });
    });
    await using raw = await rawService('HTTP/1.1 204 No Content\r\nContent-Length: 3\r\n\r\n{} ');
    await assert.rejects(redfishActor(raw)('powerstatus'), {
      code: 502,
      message: /System.*1: 204 |JSON object/,
    });
  });

  for (const bytes of [
    'byte order mark',
    'NUL at the end',
    'UTF-16',
    'second document',
    'error before the resource',
  ] satisfies Traits['bytes'][]) {
    test(`JSON with ${bytes} is read`, async () => {
      await withRedfish({ traits: { bytes }, systems: [{ power: 'On' }] }, async (act) => {
        assert.equal(await act('powerstatus'), 'On');
        assert.partialDeepStrictEqual(await act('getBios'), { Id: 'Bios' });
      });
    });
  }
});

/** A key of 1024 bits, and a group of 1024 bits, which Node.js does not make. */
async function weakKey() {
  const folder = await mkdtemp(join(tmpdir(), 'weak-'));
  try {
    const file = (name: string) => join(folder, name);
    execFileSync('openssl', [
      ...['req', '-x509', '-newkey', 'rsa:1024', '-sha1', '-nodes', '-subj', '/CN=old', '-days', '9'],
      ...['-keyout', file('key'), '-out', file('cert')],
    ]);
    return { key: await readFile(file('key'), 'utf8'), cert: await readFile(file('cert'), 'utf8') };
  } finally {
    await rm(folder, { recursive: true });
  }
}

describe('old TLS', { concurrency: 4 }, () => {
  const answer = `HTTP/1.1 200 OK\r\n${LENGTH}\r\n\r\n${BODY}`;

  for (const [what, options] of [
    ['TLS 1.0', { minVersion: 'TLSv1', maxVersion: 'TLSv1', ciphers: 'DEFAULT:@SECLEVEL=0' }],
    ['TLS 1.1', { minVersion: 'TLSv1.1', maxVersion: 'TLSv1.1', ciphers: 'DEFAULT:@SECLEVEL=0' }],
    ['a key of 1024 bits and RSA alone', { maxVersion: 'TLSv1.2', ciphers: 'AES128-SHA:@SECLEVEL=0' }],
  ] as const) {
    test(`${what} will do with ipmi/tls-old only, and the error without says TLS`, async () => {
      await using service = await rawService(answer, { ...options, ...(await weakKey()) });
      const act = redfishActor(service);
      assert.equal(await act('powerstatus', { 'ipmi/tls-old': true }), 'On');
      if (what.startsWith('a key')) return;
      await assert.rejects(act('powerstatus'), {
        code: 502,
        message: /no version of TLS, or no cipher, in common with this plugin: .*; set ipmi\/tls-old to true/,
      });
    });
  }

  test('a port that speaks no TLS is told as such', async () => {
    const server = createTcpServer((socket) => {
      socket.on('error', () => {});
      socket.end('HTTP/1.1 400 Bad Request\r\n\r\n');
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    await assert.rejects(redfishActor({ address: '127.0.0.1', port })('powerstatus'), {
      code: 502,
      message: /does not speak TLS on this port \(ipmi\/address, ipmi\/port-redfish\)/,
    });
    server.close();
  });

  test('a handshake has a time of its own, longer than that for a connection', async () => {
    const slow = createTcpServer((socket) => socket.on('error', () => {}));
    slow.listen(0, '127.0.0.1');
    await once(slow, 'listening');
    const { port } = slow.address() as AddressInfo;
    const act = redfishActor(
      { address: '127.0.0.1', port },
      redfishMode({ connectMs: 30_000, handshakeMs: 100 }),
    );
    await assert.rejects(act('powerstatus'), { message: /did not agree on TLS within 0\.1 s/ });
    slow.close();
  });

  test('a service with new TLS is not asked for old', async () => {
    await using service = await RedfishService.start();
    assert.equal(await redfishActor(service)('powerstatus', { 'ipmi/tls-old': true }), 'Off');
  });
});
