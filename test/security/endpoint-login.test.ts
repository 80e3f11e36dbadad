import assert from 'node:assert/strict';
import crypto from 'node:crypto';
import { mkdtemp, stat } from 'node:fs/promises';
import { request as requestHttp } from 'node:http';
import { syncBuiltinESMExports } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { WebSocket } from 'ws';
import { LoginLimit } from '../../lib/endpoint/http/login-limit.ts';
import { Running } from '../endpoint/running-endpoint.ts';

const basic = (password: string, user = 'rocketskates') =>
  `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`;

test('after ten wrong passwords those of an address are slowed, and the right one still gets in', async () => {
  await using running = await Running.open();
  const { password = '' } = running.endpoint;
  const known = { authorization: basic(password) };
  assert.equal((await running.call('GET', 'info', known)).status, 200);
  await running.ok('POST', 'users', { Name: 'anna' });
  await running.ok('PUT', 'users/anna/password', { Password: 'secret of anna' });
  const guess = (index: number) => running.call('GET', 'info', { authorization: basic(`guess ${index}`) });
  const statuses = (await Promise.all(Array.from({ length: 12 }, (_, index) => guess(index)))).map(
    ({ status }) => status,
  );
  assert.deepEqual(new Set(statuses), new Set([403]));
  // Others go on guessing meanwhile.
  const guesses = Array.from({ length: 3 }, (_, index) => guess(100 + index));
  const anna = await running.call('GET', 'info', { authorization: basic('secret of anna', 'anna') });
  assert.equal(anna.status, 200);
  assert.equal((await running.call('GET', 'info', known)).status, 200);
  assert.equal((await running.call('GET', 'info')).status, 200);
  for (const { status } of await Promise.all(guesses)) assert.equal(status, 403);
  const socket = new WebSocket(`${running.endpoint.url.replace('https', 'wss')}/api/v3/ws`, {
    rejectUnauthorized: false,
    headers: { authorization: basic('guess 12') },
  });
  const { promise, resolve } = Promise.withResolvers<number | undefined>();
  socket.on('unexpected-response', (_request, response) => resolve(response.statusCode));
  socket.on('error', () => {});
  assert.equal(await promise, 403);
  socket.terminate();
});

test('ten wrong passwords of an address in a minute are free, a hundred of all; further ones go one after the other', async () => {
  let now = 0;
  const limit = new LoginLimit(() => now, 0);
  let atOnce = 0;
  let most = 0;
  const guess = (address: string, right = false) =>
    limit.attempt(address, async () => {
      atOnce += 1;
      most = Math.max(most, atOnce);
      await new Promise((done) => setImmediate(done));
      atOnce -= 1;
      return right;
    });
  const mostOf = async (address: string, count: number, right = false) => {
    most = 0;
    await Promise.all(Array.from({ length: count }, () => guess(address, right)));
    return most;
  };
  for (let count = 0; count < 30; count += 1) assert.equal(await guess('a', true), true);
  assert.equal(await mostOf('a', 15), 10 + 1);
  assert.equal(await mostOf('a', 5, true), 1);
  assert.equal(await mostOf('b', 5, true), 5);
  now = 59_999;
  assert.equal(await mostOf('a', 5), 1);
  now = 60_000;
  assert.equal(await mostOf('a', 5, true), 5);
  now = 200_000;
  await Promise.all(Array.from({ length: 100 }, (_, index) => guess(`address ${index}`)));
  assert.equal(await mostOf('another', 5, true), 1);
});

test('only so many passwords of an address wait to be checked', async () => {
  const limit = new LoginLimit(() => 0, 0);
  let checks = 0;
  const { promise: done, resolve } = Promise.withResolvers<void>();
  const attempts = Array.from({ length: 50 }, () =>
    limit.attempt('a', async () => {
      checks += 1;
      await done;
      return false;
    }),
  );
  resolve();
  const outcomes = await Promise.allSettled(attempts);
  assert.equal(checks, 30);
  const refused = outcomes.flatMap((outcome) => (outcome.status === 'rejected' ? [outcome.reason] : []));
  assert.equal(refused.length, 20);
  for (const { code, message } of refused) {
    assert.equal(code, 429);
    assert.match(message, /Too many wrong passwords: try again in \d+ s/);
  }
});

test('secrets are compared in constant time', async () => {
  const compared: string[][] = [];
  const { timingSafeEqual } = crypto;
  crypto.timingSafeEqual = (left, right) => {
    compared.push([left, right].map((bytes) => Buffer.from(bytes as Buffer).toString('base64')));
    return timingSafeEqual(left, right);
  };
  syncBuiltinESMExports();
  try {
    await using running = await Running.open();
    const [claim = '', signature = ''] = running.endpoint.token.split('.');
    const wrong = `${signature.startsWith('A') ? 'B' : 'A'}${signature.slice(1)}`;
    const encoded = (text: string) => Buffer.from(text).toString('base64');
    await running.refused(403, 'GET', 'info', { authorization: `Bearer ${claim}.${wrong}` });
    assert.deepEqual(compared, [[encoded(wrong), encoded(signature)]]);
    compared.length = 0;
    await running.refused(403, 'GET', 'info', { authorization: basic('wrong') });
    assert.equal(compared.length, 1, 'the hash of the password');
    compared.length = 0;
    const { password = '' } = running.endpoint;
    for (let count = 0; count < 2; count += 1) {
      assert.equal((await running.call('GET', 'info', { authorization: basic(password) })).status, 200);
    }
    assert.equal(compared.length, 2, 'the hash, then what is known of it');
  } finally {
    crypto.timingSafeEqual = timingSafeEqual;
    syncBuiltinESMExports();
  }
});

test('no answer lets pages of other sites read it, and a preflight is refused', async () => {
  await using running = await Running.open();
  const origin = { Origin: 'https://evil.example' };
  const preflight = { ...origin, 'Access-Control-Request-Method': 'GET' };
  const replies = [
    await running.call('GET', 'info', { headers: origin }),
    await running.call('GET', 'info', { headers: origin, authorization: null }),
    await running.call('OPTIONS', 'info', { headers: preflight, authorization: null }),
    await running.call('OPTIONS', 'info', { headers: preflight }),
  ];
  assert.deepEqual(
    replies.map(({ status }) => status),
    [200, 401, 401, 405],
  );
  const { promise, resolve } = Promise.withResolvers<string[]>();
  requestHttp(running.endpoint.fileServerUrl, { headers: origin }, (response) => {
    response.resume();
    resolve(Object.keys(response.headers));
  }).end();
  const names = [...replies.flatMap(({ headers }) => Object.keys(headers)), ...(await promise)];
  assert.deepEqual(
    names.filter((name) => name.startsWith('access-control') || name === 'set-cookie'),
    [],
  );
});

test('who has no credentials leaves nothing in the log', async () => {
  await using running = await Running.open();
  const before = running.log.length;
  for (const authorization of [null, 'Bearer none']) {
    await running.call('GET', 'info', {
      authorization,
      headers: { 'X-Log-Token': 'me', 'X-Log-Request': 'error' },
    });
  }
  assert.equal(running.log.length, before);
});

test('what holds keys is for the owner alone, also in a folder that others may look into', async () => {
  const root = await mkdtemp(join(tmpdir(), 'endpoint-'));
  await using running = await Running.open({ root });
  for (const file of ['endpoint.db', 'endpoint.db-wal', 'server.key']) {
    assert.equal((await stat(join(running.root, file))).mode & 0o077, 0, file);
  }
});
