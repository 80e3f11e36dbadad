import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect } from 'node:net';
import { networkInterfaces } from 'node:os';
import { test } from 'node:test';
import { WebSocket } from 'ws';
import { Running } from '../endpoint/running-endpoint.ts';

/** The addresses of this machine that others reach it by. */
const OWN = Object.values(networkInterfaces())
  .flatMap((addresses) => addresses ?? [])
  .filter(({ internal, family }) => !internal && family === 'IPv4')
  .map(({ address }) => address);

async function takes(address: string, url: string): Promise<boolean> {
  const socket = connect(Number(new URL(url).port), address);
  const answer = await Promise.race([
    once(socket, 'connect').then(() => true),
    once(socket, 'error').then(() => false),
  ]).catch(() => false);
  socket.destroy();
  return answer;
}

test('API and files are served on loopback, unless another address is given', async () => {
  await using running = await Running.open();
  const { url, fileServerUrl } = running.endpoint;
  for (const served of [url, fileServerUrl]) {
    assert.equal(new URL(served).hostname, '127.0.0.1');
    assert.equal(await takes('127.0.0.1', served), true);
    for (const address of ['127.0.0.2', ...OWN]) assert.equal(await takes(address, served), false, address);
  }
  await using told = await Running.open({ host: '0.0.0.0' });
  for (const address of ['127.0.0.2', ...OWN]) {
    assert.equal(await takes(address, told.endpoint.url), true, address);
    assert.equal(await takes(address, told.endpoint.fileServerUrl), true, address);
  }
});

test('a page of another site opens no event stream: browsers send it no credentials by themselves', async () => {
  await using running = await Running.open();
  const open = async (headers: Record<string, string>, query = ''): Promise<number> => {
    const socket = new WebSocket(`${running.endpoint.url.replace('https', 'wss')}/api/v3/ws${query}`, {
      ca: running.endpoint.certificate,
      headers: { Origin: 'https://evil.example', ...headers },
    });
    const { promise, resolve } = Promise.withResolvers<number>();
    socket.on('open', () => resolve(101));
    socket.on('unexpected-response', (_request, { statusCode = 0, headers: answered }) => {
      // Of another scheme than Basic: a browser asks its user for no password, and so has none to send.
      assert.equal(answered['www-authenticate'], 'dr-provision');
      assert.equal(answered['set-cookie'], undefined);
      resolve(statusCode);
    });
    socket.on('error', () => {});
    const status = await promise;
    socket.terminate();
    return status;
  };
  assert.equal(await open({}), 401);
  assert.equal(await open({ Cookie: `token=${running.endpoint.token}` }), 401);
  assert.equal(await open({}, '?token=wrong'), 403);
  // Who has the token needs no browser.
  assert.equal(await open({}, `?token=${running.endpoint.token}`), 101);
});
