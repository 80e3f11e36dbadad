import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readdir } from 'node:fs/promises';
import { createServer, request } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { join } from 'node:path';
import { test } from 'node:test';
import { readUpload } from '../../lib/endpoint/http/upload.ts';
import { ModelError } from '../../lib/models/index.ts';
import { Running } from '../endpoint/running-endpoint.ts';

const MULTIPART = 'multipart/form-data; boundary=B';
const START = '--B\r\ncontent-disposition: form-data; name="file"; filename="a"\r\n\r\n';
const END = '\r\n--B--\r\n';

test('a form up to a bound is read, a longer one refused with 413, whether its length is said or not', async () => {
  const server = createServer(async (incoming, outgoing) => {
    try {
      const { body, name } = await readUpload(incoming, { model: 'files' }, 1000);
      let size = 0;
      for await (const chunk of body) size += chunk.length;
      outgoing.end(`${name}: ${size}`);
    } catch (error) {
      const { code, messages } = ModelError.from(error) ?? assert.fail(String(error));
      outgoing.writeHead(code).end(messages.join());
      incoming.resume();
    }
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const send = async (content: string, length?: number): Promise<string> => {
    const headers = { 'content-type': MULTIPART, ...(length !== undefined && { 'content-length': length }) };
    const outgoing = request({ host: '127.0.0.1', port, method: 'POST', headers, agent: false });
    // What is no longer read need not arrive.
    outgoing.on('error', () => {});
    for (const part of [START, content, END]) outgoing.write(part);
    outgoing.end();
    const [incoming] = await once(outgoing, 'response');
    const text = (await incoming.setEncoding('utf8').toArray()).join('');
    return `${incoming.statusCode} ${text}`;
  };
  try {
    const fits = 'x'.repeat(1000 - START.length - END.length);
    assert.equal(await send(fits), `200 a: ${fits.length}`);
    assert.equal(await send(fits, 1000), `200 a: ${fits.length}`);
    const refused = '413 The form is longer than 1000 bytes: send the file as application/octet-stream';
    assert.equal(await send(`${fits}x`), refused);
    assert.equal(await send(`${fits}x`, 1001), refused);
    assert.equal(await send('x'.repeat(5_000_000)), refused);
  } finally {
    server.close();
    server.closeAllConnections();
  }
});

test('the endpoint refuses a form of more than 256 MiB before it comes, wherever forms are taken', async () => {
  await using running = await Running.open();
  const headers = {
    'Content-Type': MULTIPART,
    'Content-Length': String(256 * 1024 * 1024 + 1),
    Connection: 'close',
  };
  for (const path of ['files/one', 'isos/one', 'plugin_providers/one']) {
    const error = await running.refused(413, 'POST', path, { headers });
    assert.match(error, /^The form is longer than 268435456 bytes/);
  }
  for (const folder of ['tftpboot/files', 'tftpboot/isos', 'plugins'])
    assert.deepEqual(await readdir(join(running.root, folder)), []);
});

test('a name of a provider or a file that would lead out of its folder is refused', async () => {
  await using running = await Running.open();
  const headers = { 'Content-Type': 'application/octet-stream' };
  for (const name of ['..%2Fevil', '.hidden', 'a%2Fb', '%2Ftmp%2Fevil', 'a%00b'])
    await running.refused(400, 'POST', `plugin_providers/${name}`, { headers, body: '#!/bin/sh\n' });
  for (const path of ['a%00b', 'sub%2F%00'])
    await running.refused(400, 'POST', `files/${path}`, { headers, body: 'x' });
  assert.equal((await running.call('POST', 'files/..%5C..%5Cevil', { headers, body: 'x' })).status, 201);
  assert.equal((await running.call('POST', 'files/%2Fetc%2Fevil', { headers, body: 'x' })).status, 201);
  assert.deepEqual((await readdir(join(running.root, 'tftpboot/files'))).sort(), ['..\\..\\evil', 'etc']);
  assert.deepEqual(await readdir(join(running.root, 'plugins')), []);
});

test('the file server reads nothing outside of its folder, however the path is written', async () => {
  await using running = await Running.open();
  const { port } = new URL(running.endpoint.fileServerUrl);
  for (const path of [
    '/../endpoint.db',
    '/files/../../endpoint.db',
    '/%2e%2e/endpoint.db',
    '//endpoint.db',
    '/..%00/x',
    '/%',
  ]) {
    // No client would send these as they are.
    const socket = connect(Number(port), '127.0.0.1');
    socket.write(`GET ${path} HTTP/1.0\r\n\r\n`);
    const answer = (await socket.setEncoding('latin1').toArray()).join('');
    assert.match(answer, /^HTTP\/1\.1 (400|403|404) /, path);
    assert.ok(!answer.includes('SQLite'));
  }
});
