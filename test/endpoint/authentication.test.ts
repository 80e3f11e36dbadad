import assert from 'node:assert/strict';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { connect } from 'node:tls';
import { Running } from './running-endpoint.ts';

const basic = (user: string, password: string) =>
  `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`;

test('a request without credentials, or with some that cannot be read, is answered 401 and nothing else', async () => {
  await using running = await Running.open();
  for (const authorization of [null, 'Negotiate abc', 'Bearer ', 'Basic', 'Basic bm9jb2xvbg==']) {
    for (const [method, path] of [
      ['GET', 'info'],
      ['GET', 'machines'],
      ['POST', 'machines'],
      ['GET', 'nothing/like/this'],
      ['GET', 'files/x'],
      ['GET', 'users/rocketskates/token'],
    ] as const) {
      const reply = await running.call(method, path, {
        authorization,
        body: method === 'POST' ? {} : undefined,
      });
      assert.equal(reply.status, 401, `${authorization} ${method} ${path}`);
      assert.equal(reply.text, '');
      assert.equal(reply.headers['www-authenticate'], 'dr-provision');
    }
  }
});

test('a wrong password, an unknown user and a token of somebody else are answered 403', async () => {
  await using running = await Running.open();
  const { token } = running.endpoint;
  const [claim, signature] = token.split('.');
  const forged = Buffer.from(JSON.stringify({ principal: 'user:rocketskates', expires: 9e9 })).toString(
    'base64url',
  );
  for (const authorization of [
    basic('rocketskates', 'r0cketsk8ts'),
    basic('nobody', 'r0cketsk8ts'),
    basic('', ''),
    'Bearer zip',
    `Bearer ${claim}`,
    `Bearer ${claim}.${signature?.slice(1)}`,
    `Bearer ${forged}.${signature}`,
  ]) {
    await running.refused(403, 'GET', 'info', { authorization });
  }
});

test('the password of the default user is told once, works, gives a token, and is nowhere on disk', async () => {
  await using running = await Running.open();
  const { endpoint, root } = running;
  const { password = '' } = endpoint;
  assert.equal(endpoint.user, 'rocketskates');
  assert.ok(password.length >= 16);
  const reply = await running.call('GET', 'users/rocketskates/token?ttl=600', {
    authorization: basic('rocketskates', password),
  });
  const { Token, Info } = reply.json as { Token: string; Info: { features: string[] } };
  assert.ok(Info.features.includes('secure-param-upgrade'));
  assert.equal((await running.call('GET', 'info', { authorization: `Bearer ${Token}` })).status, 200);
  assert.equal((await running.call('GET', `info?token=${Token}`, { authorization: null })).status, 200);
  const both = encodeURIComponent(`rocketskates:${password}`);
  assert.equal((await running.call('GET', `info?token=${both}`, { authorization: null })).status, 200);
  for (const file of await readdir(root)) {
    if (file.startsWith('endpoint.db'))
      assert.ok(!(await readFile(join(root, file))).includes(password), file);
  }
  assert.doesNotMatch(JSON.stringify(await running.list('users')), /PasswordHash|scrypt|hmac/);
});

test('a second start tells no password, keeps the certificate, and takes the token of the first', async () => {
  const first = await Running.open();
  const { password = '', token, certificate } = first.endpoint;
  await first.endpoint.close();
  await using second = await Running.open({ root: first.root });
  assert.equal(second.endpoint.password, undefined);
  assert.equal(second.endpoint.certificate, certificate);
  assert.equal((await second.call('GET', 'info', { authorization: `Bearer ${token}` })).status, 200);
  assert.equal(
    (await second.call('GET', 'info', { authorization: basic('rocketskates', password) })).status,
    200,
  );
});

test('a token ends when its time is over', async () => {
  await using running = await Running.open();
  const { Token } = await running.ok('GET', 'users/rocketskates/token?ttl=0');
  const message = await running.refused(403, 'GET', 'info', { authorization: `Bearer ${Token}` });
  assert.match(message, /expired/);
  await running.refused(400, 'GET', 'users/rocketskates/token?ttl=soon');
  await running.refused(404, 'GET', 'users/nobody/token');
});

test('a user can be made, given a password, and taken away with all tokens', async () => {
  await using running = await Running.open();
  await running.ok('POST', 'users', { Name: 'anna', PasswordHash: 'x', Secret: 'y' });
  await running.refused(403, 'GET', 'info', { authorization: basic('anna', '') });
  const changed = await running.ok('PUT', 'users/anna/password', { Password: 'secret of anna' });
  assert.equal('PasswordHash' in changed, false);
  const authorization = basic('anna', 'secret of anna');
  const { json } = await running.call('GET', 'users/anna/token', { authorization });
  const token = `Bearer ${(json as { Token: string }).Token}`;
  await running.ok('PATCH', 'users/anna', [{ op: 'replace', path: '/Description', value: 'changed' }]);
  assert.equal((await running.call('GET', 'info', { authorization: token })).status, 200);
  await running.ok('PUT', 'users/anna/password', { Password: 'another' });
  await running.refused(403, 'GET', 'info', { authorization });
  await running.ok('DELETE', 'users/anna');
  await running.refused(403, 'GET', 'info', { authorization: token });
  await running.refused(403, 'GET', 'info', { authorization: basic('anna', 'another') });
});

test('a password is asked for as text', async () => {
  await using running = await Running.open();
  for (const body of [{}, { Password: 7 }, { Password: '' }, [], 'null']) {
    assert.match(await running.refused(400, 'PUT', 'users/rocketskates/password', { body }), /Password/);
  }
  await running.refused(404, 'PUT', 'users/nobody/password', { body: { Password: 'x' } });
});

test('trace headers leave their token, and how the request went, in the log', async () => {
  await using running = await Running.open();
  await running.call('GET', `info?token=${running.endpoint.token}`, {
    headers: { 'X-Log-Request': 'info', 'X-Log-Token': 'tok1' },
  });
  const messages = running.log.map(({ Message }) => Message);
  assert.ok(messages.includes('Log token: tok1'));
  assert.ok(
    messages.some((message) => /^API: st: 200 .* m: GET \/api\/v3\/info\?token=\.\.\.$/.test(message)),
  );
});

test('both versions of the API path are served, and what does not speak TLS does no harm', async () => {
  await using running = await Running.open();
  assert.equal((await running.call('GET', 'info', { base: '/api/v4/' })).status, 200);
  await running.refused(404, 'GET', 'info', { base: '/api/v5/' });
  await running.refused(404, 'GET', '', { base: '/' });
  await running.refused(400, 'GET', 'machines/%FF');
  const { port } = new URL(running.endpoint.url);
  const socket = connect({ port: Number(port), host: '127.0.0.1', rejectUnauthorized: false });
  await new Promise((done) => socket.once('secureConnect', done));
  socket.resume().end('nonsense\r\n\r\n');
  await new Promise((done) => socket.once('close', done));
  assert.equal((await running.call('GET', 'info')).status, 200);
});
