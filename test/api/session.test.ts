import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Connection } from '../../lib/api/connection.ts';
import { Session } from '../../lib/api/session.ts';
import { settingsFrom } from '../../lib/api/settings.ts';
import { type Handler, TestEndpoint } from './test-endpoint.ts';

const BASIC = `Basic ${Buffer.from('rocketskates:pass:word').toString('base64')}`;

/** Gives out tokens t1, t2, ... and accepts only those in `valid`. */
function tokenServer() {
  const server = { given: 0, valid: new Set<string>(), refuseTokens: false };
  const handler: Handler = ({ url, headers }) => {
    if (url.startsWith('/api/v3/users/rocketskates/token')) {
      if (server.refuseTokens || headers.authorization !== BASIC) {
        return { status: 403, body: { Model: 'users', Messages: ['Access Denied', 'pass:word'], Code: 403 } };
      }
      server.given += 1;
      const token = `t${server.given}`;
      server.valid.add(`Bearer ${token}`);
      return { body: { Token: token, Info: {} } };
    }
    if (server.valid.has(`${headers.authorization}`)) return { body: { as: headers.authorization } };
    return { status: 403, body: { Model: 'system', Type: '', Messages: ['Invalid Token :x'], Code: 403 } };
  };
  return { server, handler };
}

const login = { token: undefined, user: 'rocketskates', password: 'pass:word' };

test('user and password are traded for a token once, by all requests that need it', async () => {
  const { server, handler } = tokenServer();
  await using endpoint = await TestEndpoint.start(handler);
  const client = endpoint.client(login);
  const answers = await Promise.all([client.info(), client.info(), client.info()]);
  assert.deepEqual(
    answers.map((info) => info.as),
    ['Bearer t1', 'Bearer t1', 'Bearer t1'],
  );
  assert.equal(server.given, 1);
  assert.equal(endpoint.requests[0]?.url, '/api/v3/users/rocketskates/token?ttl=600');
});

test('a token is renewed at half its life, and used until its end when that fails', async () => {
  const { server, handler } = tokenServer();
  await using endpoint = await TestEndpoint.start(handler);
  let now = 0;
  const settings = settingsFrom({ ...login, endpoint: endpoint.url, retryDelays: [] });
  const session = new Session(settings, () => now);
  const connection = new Connection(settings, session);
  const authorization = () => session.authorization(connection);
  assert.equal(await authorization(), 'Bearer t1');
  now = 299_000;
  assert.equal(await authorization(), 'Bearer t1');
  now = 300_000;
  assert.equal(await authorization(), 'Bearer t2');
  now = 700_000;
  server.refuseTokens = true;
  assert.equal(await authorization(), 'Bearer t2');
  now = 900_000;
  await assert.rejects(authorization(), { code: 403 });
  server.refuseTokens = false;
  assert.equal(await authorization(), 'Bearer t3');
});

test('a token that the endpoint no longer takes is replaced, and the request sent again', async () => {
  const { server, handler } = tokenServer();
  await using endpoint = await TestEndpoint.start(handler);
  const client = endpoint.client(login);
  await client.info();
  server.valid.clear();
  assert.equal((await client.info()).as, 'Bearer t2');
});

test('what the user may not do is not taken for a bad token', async () => {
  const { server, handler } = tokenServer();
  await using endpoint = await TestEndpoint.start((request) =>
    request.url === '/api/v3/info'
      ? { status: 403, body: { Model: 'info', Type: 'AUTH', Messages: ['no access'], Code: 403 } }
      : handler(request),
  );
  await assert.rejects(endpoint.client(login).info(), { code: 403 });
  assert.equal(server.given, 1);
});

test('a wrong password is the error of the endpoint, without the password', async () => {
  const { handler } = tokenServer();
  await using endpoint = await TestEndpoint.start(handler);
  await assert.rejects(endpoint.client({ ...login, password: 'wrong' }).info(), (error: Error) => {
    assert.match(error.message, /Access Denied/);
    return true;
  });
  const client = endpoint.client({ ...login, user: 'x', password: 'pass:word' });
  await assert.rejects(client.info(), { code: 403 });
});

test('a given token goes before user and password, and no credentials means no header', async () => {
  await using endpoint = await TestEndpoint.start(() => ({ body: {} }));
  await endpoint.client({ ...login, token: 'mine' }).info();
  assert.equal(endpoint.last.headers.authorization, 'Bearer mine');
  await endpoint.client({ token: undefined }).info();
  assert.equal(endpoint.last.headers.authorization, undefined);
});

test('an answer without a token is an error', async () => {
  await using endpoint = await TestEndpoint.start(() => ({ body: { Token: '' } }));
  await assert.rejects(endpoint.client(login).info(), { code: 502 });
});

test('the event stream logs in like a request', async () => {
  const { handler } = tokenServer();
  await using endpoint = await TestEndpoint.start(handler);
  await using stream = endpoint.client(login).events();
  await stream.register('a.b.c');
  assert.equal(endpoint.last.headers.authorization, 'Bearer t1');
  endpoint.refuse = ({ authorization }) =>
    authorization === 'Bearer t1' ? { status: 401, body: '' } : undefined;
  endpoint.cut();
  await stream.register('x.y.z');
  assert.equal(endpoint.last.headers.authorization, 'Bearer t2');
});

test('who a client is, and what others can act with in its place, can be asked for', async () => {
  const tokens = ['token-1', 'token-2'];
  await using endpoint = await TestEndpoint.start(({ url }) =>
    url.includes('/token') ? { body: { Token: tokens.shift() } } : { status: 403, body: 'token-1 is bad' },
  );
  const byToken = endpoint.client();
  assert.deepEqual(
    [byToken.username, await byToken.token(), await byToken.authorization()],
    [undefined, 'the-token', 'Bearer the-token'],
  );
  const byUser = endpoint.client({ token: undefined, user: 'fred', password: 'secret' });
  assert.deepEqual([byUser.username, await byUser.token({ seconds: 86_400 })], ['fred', 'token-1']);
  assert.equal(endpoint.last.url, '/api/v3/users/fred/token?ttl=86400');
  assert.equal(await byUser.authorization(), 'Bearer token-2');
  await assert.rejects(byUser.request({ path: 'x' }), ({ message }: Error) => !message.includes('token-1'));
  const nobody = endpoint.client({ token: undefined });
  assert.deepEqual(
    [nobody.username, await nobody.token(), await nobody.authorization()],
    [undefined, undefined, undefined],
  );
});

test('the URL of an object is that which requests go to', async () => {
  await using endpoint = await TestEndpoint.start(() => ({ body: {} }));
  const client = endpoint.client({ urlProxy: 'east' });
  await client.request({ path: ['params', 'a/b c'] });
  const url = client.urlFor('params', 'a/b c');
  assert.deepEqual([url.origin, url.pathname], [endpoint.url, endpoint.last.url]);
});
