import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { once } from 'node:events';
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { CallbackFailure, Caller } from '../../cmd/callback/caller.ts';
import type { Callback } from '../../cmd/callback/entry.ts';
import { Exchange } from '../../cmd/callback/exchange.ts';
import { resultOf } from '../../cmd/callback/result.ts';
import { settingsFrom } from '../../cmd/callback/settings.ts';
import { Tokens } from '../../cmd/callback/tokens.ts';
import type { Logger } from '../../lib/plugin/index.ts';
import { growingLimit } from '../support/growing-limit.ts';
import { HookReceiver } from '../support/hook-receiver/index.ts';
import { makeCertificate } from '../support/redfish-service/certificate.ts';

const soon = () => AbortSignal.timeout(60_000);

/** A logger that keeps lines. */
function logger(lines: string[] = []): Logger {
  const keep = (message: string) => void lines.push(message);
  return { info: keep, warn: keep, error: keep, debug: keep } as unknown as Logger;
}

interface Setup {
  auths?: Record<string, object>;
  proxy?: string;
}

/** A function that calls an entry, with tokens that are kept from one call to the next. */
function caller({ auths = {}, proxy = '' }: Setup = {}) {
  const exchange = new Exchange(proxy || undefined);
  const lifetime = new AbortController();
  const all = settingsFrom({ 'callback/auths': auths as never }).auths;
  const calls = new Caller(exchange, new Tokens(exchange, lifetime.signal), all, []);
  const call = async (
    entry: Record<string, unknown>,
    more: {
      body?: string;
      headers?: Record<string, string>;
      secrets?: string[];
      lines?: string[];
      signal?: AbortSignal;
    } = {},
  ) => {
    const { body = '{"a":1}', headers = {}, secrets = [], lines, signal = soon() } = more;
    const callback = settingsFrom({
      'callback/callbacks': { c: entry } as never,
      'callback/auths': auths as never,
    }).callbacks.get('c') as Callback;
    const message = { callback, url: callback.url, headers, body, id: 'id-1', secrets };
    return resultOf(callback, await calls.call(message, logger(lines), signal));
  };
  return { call, [Symbol.dispose]: () => exchange.close() };
}

async function failure(call: Promise<unknown>): Promise<CallbackFailure> {
  const error = await call.then(
    (value) => assert.fail(`it did not fail: ${JSON.stringify(value)}`),
    (thrown: unknown) => thrown,
  );
  assert.ok(error instanceof CallbackFailure, String(error));
  return error;
}

describe('a callback', () => {
  let receiver: HookReceiver;
  before(async () => {
    receiver = await HookReceiver.start();
  });
  after(() => receiver[Symbol.asyncDispose]());
  const fresh = (...statuses: number[]) => {
    receiver.requests.length = 0;
    receiver.statuses(...statuses);
    return `${receiver.url}/hook`;
  };

  test('is a POST of JSON with an id, and the answer comes as base64, text or JSON', async () => {
    using setup = caller();
    const Url = fresh(200);
    assert.equal(await setup.call({ Url }), Buffer.from('{"status": 200}').toString('base64'));
    assert.equal(await setup.call({ Url, StringResponse: true }), '{"status": 200}');
    assert.deepEqual(await setup.call({ Url, JsonResponse: true, Method: 'put' }), { status: 200 });
    const [post, , put] = receiver.requests;
    assert.deepEqual([post?.method, put?.method, post?.body], ['POST', 'PUT', '{"a":1}']);
    const { accept, 'content-type': type, 'idempotency-key': id } = post?.headers ?? {};
    assert.deepEqual([accept, type, id], ['application/json', 'application/json; charset=utf-8', 'id-1']);
    receiver.answer = (_request, response) => response.end('hello');
    await assert.rejects(setup.call({ Url, JsonResponse: true }), { code: 400 });
  });

  test('is signed over its body when there is a key', async () => {
    using setup = caller();
    await setup.call({ Url: fresh(200), Secret: 'k3y' }, { body: '{"b":2}' });
    const expected = createHmac('sha256', 'k3y').update('{"b":2}').digest('hex');
    assert.equal(receiver.requests[0]?.headers['x-hub-signature-256'], `sha256=${expected}`);
  });

  test('is tried again as often as it is to, with the same id, and then fails with the status', async () => {
    using setup = caller();
    assert.deepEqual(
      await setup.call({ Url: fresh(500, 503, 200), Retry: 2, Delay: 0, JsonResponse: true }),
      { status: 200 },
    );
    assert.deepEqual(
      new Set(receiver.requests.map(({ headers }) => headers['idempotency-key'])),
      new Set(['id-1']),
    );
    const error = await failure(setup.call({ Url: fresh(418), Retry: 1, Delay: 0 }));
    assert.deepEqual([error.code, error.isTemporary, receiver.requests.length], [418, false, 2]);
    assert.match(
      error.message,
      /Callback API returned 418: c: POST \S+\/hook answered 418 .*\{"status": 418\} \(2 tries\)$/,
    );
    assert.equal((await failure(setup.call({ Url: fresh(502) }))).isTemporary, true);
  });

  test('ends when the time for one try, or for all, is up, and when nobody waits for it any more', async () => {
    using setup = caller();
    const Url = fresh(200);
    receiver.answer = () => {};
    const late = await failure(setup.call({ Url, TryTimeout: 0.05 }));
    assert.deepEqual([late.code, /gave no answer within 0.05 s/.test(late.message)], [504, true]);
    const whole = await failure(setup.call({ Url, Timeout: 0.1, Retry: 5 }));
    assert.match(whole.message, /the time for all tries, 0.1 s, is up/);
    const gone = new AbortController();
    const call = setup.call({ Url }, { signal: gone.signal });
    gone.abort(new Error('stopped'));
    await assert.rejects(call, { message: 'stopped' });
    receiver.statuses(503);
    await growingLimit(0.1, async (Timeout) => {
      const paused = await failure(setup.call({ Url, Timeout, Retry: 5, Delay: 60 }));
      assert.ok(paused.message.endsWith(`the time for all tries, ${Timeout} s, is up`), paused.message);
      return /answered 503 .*; the time/.exec(paused.message) ?? undefined;
    });
  });

  test('with nobody there, or more of an answer than is read, is an error that says so', async () => {
    using setup = caller();
    const refused = await failure(setup.call({ Url: 'http://127.0.0.1:1/' }));
    assert.deepEqual([refused.code, refused.isTemporary], [504, true]);
    assert.match(refused.message, /does not answer: ECONNREFUSED/);
    const Url = fresh(200);
    receiver.answer = (_request, response) => {
      const more = () => {
        while (!response.destroyed && response.write('x'.repeat(1 << 20)));
        if (!response.destroyed) response.once('drain', more);
      };
      more();
    };
    assert.match((await failure(setup.call({ Url }))).message, /its answer is longer than 16777216 bytes/);
  });

  test('goes out once more where the server had closed an idle connection', async () => {
    using setup = caller();
    await using closing = await HookReceiver.start();
    const sockets = new Set<object>();
    closing.answer = (_request, response) => {
      const { socket } = response;
      const isUsed = socket !== null && sockets.has(socket);
      if (isUsed) socket.resetAndDestroy();
      else response.end('{}', () => socket !== null && sockets.add(socket));
    };
    for (const _ of [1, 2, 3]) await setup.call({ Url: closing.url });
    assert.equal(closing.requests.length, 5);
  });

  test('follows redirects on the same server with its method and body, and none to another', async () => {
    using setup = caller();
    await using other = await HookReceiver.start();
    const Url = fresh(200);
    receiver.answer = ({ path }, response) => {
      if (path === '/there') response.end('"there"');
      else
        response
          .writeHead(path === '/see' ? 303 : 307, { location: path === '/hook' ? '/there' : '/there' })
          .end();
    };
    assert.equal(await setup.call({ Url, JsonResponse: true }), 'there');
    assert.deepEqual(
      receiver.requests.map(({ method, body }) => [method, body]),
      Array(2).fill(['POST', '{"a":1}']),
    );
    await setup.call({ Url: `${receiver.url}/see` });
    assert.deepEqual([receiver.requests.at(-1)?.method, receiver.requests.at(-1)?.body], ['GET', '']);
    for (const status of [301, 302, 303, 307, 308]) {
      receiver.answer = (_request, response) =>
        response.writeHead(status, { location: `${other.url}/x` }).end();
      const error = await failure(setup.call({ Url }));
      assert.deepEqual([error.code, other.requests.length], [502, 0]);
      assert.match(
        error.message,
        /redirects to http:\/\/localhost:\d+, another server, which is not followed/,
      );
    }
    receiver.answer = (_request, response) => response.writeHead(302, { location: '/hook' }).end();
    assert.match((await failure(setup.call({ Url }))).message, /redirects more than 3 times/);
  });

  test('trusts what the machine trusts, or CA, or with Insecure anybody', async () => {
    using setup = caller();
    const authority = await makeCertificate('An authority of the tests');
    const named = await makeCertificate('localhost', { by: authority });
    const strange = await makeCertificate('elsewhere.example');
    await using good = await HookReceiver.start({ key: named.key, cert: named.cert });
    await using odd = await HookReceiver.start({ key: strange.key, cert: strange.cert });
    const error = await failure(setup.call({ Url: good.url }));
    assert.equal(error.code, 502);
    assert.match(error.message, /has a certificate that is not trusted: .*name its authority in CA/);
    assert.equal(good.requests.length, 0);
    await setup.call({ Url: good.url, CA: authority.cert });
    await setup.call({ Url: odd.url, CA: `${authority.cert}\n${strange.cert}` });
    await failure(setup.call({ Url: odd.url, CA: authority.cert }));
    await setup.call({ Url: odd.url, Insecure: true });
    assert.deepEqual([good.requests.length, odd.requests.length], [1, 2]);
  });

  test('goes by the proxy, to https by a tunnel', async () => {
    const asked: string[] = [];
    const proxy = createServer((request, response) => {
      asked.push(`${request.method} ${request.url} ${request.headers['proxy-authorization'] ?? ''}`.trim());
      response.end('"by proxy"');
    });
    proxy.on('connect', (request, socket) => {
      asked.push(`CONNECT ${request.url}`);
      const [host = '', port] = (request.url ?? '').split(':');
      const through = connect(Number(port), host, () => {
        socket.write('HTTP/1.1 200 OK\r\n\r\n');
        through.pipe(socket).pipe(through);
      });
      for (const end of [socket, through]) end.on('error', () => {});
    });
    proxy.listen(0, '127.0.0.1');
    await once(proxy, 'listening');
    const { port } = proxy.address() as AddressInfo;
    const certificate = await makeCertificate('localhost');
    await using secure = await HookReceiver.start(certificate);
    using setup = caller({ proxy: `http://me:pr0xy@127.0.0.1:${port}` });
    assert.equal(await setup.call({ Url: 'http://hook.example.com/x', JsonResponse: true }), 'by proxy');
    await setup.call({ Url: `${secure.url}/y`, CA: certificate.cert });
    assert.equal(secure.requests[0]?.path, '/y');
    const basic = Buffer.from('me:pr0xy').toString('base64');
    assert.deepEqual(asked, [
      `POST http://hook.example.com/x Basic ${basic}`,
      `CONNECT ${secure.url.replace('https://', '')}`,
    ]);
    proxy.close();
    proxy.closeAllConnections();
    using later = caller({ proxy: `http://127.0.0.1:${port}` });
    const away = await failure(later.call({ Url: 'http://hook.example.com/x' }));
    assert.match(away.message, /does not answer through callback\/proxy: ECONNREFUSED/);
  });
});

describe('who calls is shown', () => {
  let receiver: HookReceiver;
  let folder: string;
  before(async () => {
    receiver = await HookReceiver.start();
    folder = await mkdtemp(join(tmpdir(), 'callback-'));
  });
  after(async () => {
    await receiver[Symbol.asyncDispose]();
    await rm(folder, { recursive: true });
  });
  const tokenAuth = (more: object = {}) => ({
    AuthType: 'json-token',
    Url: `${receiver.url}/login`,
    Data: { user: 'u', password: 'S3CRET-data' },
    TokenField: 'token',
    ...more,
  });
  /** A service that gives tokens t-1, t-2, ... and takes those of `valid`. */
  function service(valid: (token: string) => boolean, answer: object = {}) {
    receiver.requests.length = 0;
    let given = 0;
    receiver.answer = ({ path, headers }, response) => {
      if (path.startsWith('/login')) {
        given += 1;
        response.end(JSON.stringify({ token: `t-${given}`, ...answer }));
      } else if (valid(headers.authorization?.replace('Bearer ', '') ?? '')) response.end('{}');
      else response.writeHead(401).end();
    };
    return {
      logins: () => receiver.requests.filter(({ path }) => path.startsWith('/login')),
      hooks: () =>
        receiver.requests.filter(({ path }) => path === '/hook').map(({ headers }) => headers.authorization),
    };
  }

  test('by user name and password', async () => {
    receiver.statuses(200);
    receiver.requests.length = 0;
    using setup = caller({ auths: { b: { AuthType: 'basic', Username: 'me', Password: 'pass' } } });
    await setup.call({ Url: receiver.url, Auth: 'b' });
    assert.equal(
      receiver.requests[0]?.headers.authorization,
      `Basic ${Buffer.from('me:pass').toString('base64')}`,
    );
  });

  test('by a token, asked for once for all who need it, and kept for three quarters of its time', async () => {
    const seen = service(() => true);
    using setup = caller({ auths: { t: tokenAuth({ Query: { scope: 'all' } }) } });
    const entry = { Url: `${receiver.url}/hook`, Auth: 't' };
    await Promise.all([setup.call(entry), setup.call(entry), setup.call(entry)]);
    await setup.call(entry);
    assert.deepEqual(seen.hooks(), Array(4).fill('Bearer t-1'));
    const [login] = seen.logins();
    assert.deepEqual(
      [login?.method, login?.path, login?.body],
      ['POST', '/login?scope=all', '{"user":"u","password":"S3CRET-data"}'],
    );
    assert.equal(receiver.requests.at(-1)?.headers.authentication, 'Bearer t-1');
    const short = service(() => true, { lives: 0.001 });
    using other = caller({ auths: { t: tokenAuth({ DurationField: 'lives' }) } });
    await other.call(entry);
    await new Promise((done) => setTimeout(done, 2));
    await other.call(entry);
    assert.deepEqual(short.hooks(), ['Bearer t-1', 'Bearer t-2']);
  });

  test('by a new token when the kept one is refused, with no try of its own', async () => {
    let valid = 't-1';
    const seen = service((token) => token === valid);
    using setup = caller({ auths: { t: tokenAuth() } });
    const entry = { Url: `${receiver.url}/hook`, Auth: 't' };
    await setup.call(entry);
    valid = 't-2';
    await setup.call(entry);
    assert.deepEqual(seen.hooks(), ['Bearer t-1', 'Bearer t-1', 'Bearer t-2']);
    valid = 'none';
    assert.equal((await failure(setup.call(entry))).code, 401);
    assert.deepEqual(seen.hooks().slice(3), ['Bearer t-2', 'Bearer t-3']);
    // What was refused is not kept.
    valid = 't-4';
    await setup.call(entry);
    assert.equal(seen.hooks().at(-1), 'Bearer t-4');
  });

  test('by one after the other: each is tried as often as it is to, and what fails otherwise ends it', async () => {
    const program = join(folder, 'token');
    await writeFile(program, `#!/bin/sh\n[ -z "$RS_TOKEN" ] && echo "  from-program  "\n`);
    process.env.RS_TOKEN = 'of-the-plugin';
    await chmod(program, 0o755);
    const seen = service((token) => token === 'from-program');
    const auths = {
      down: tokenAuth({ Url: 'http://127.0.0.1:1/', Method: 'POST' }),
      odd: tokenAuth({ TokenField: 'other' }),
      wrong: { AuthType: 'basic', Username: 'me', Password: 'pass' },
      program: { AuthType: 'exec', Path: program },
      unused: tokenAuth(),
    };
    using setup = caller({ auths });
    const entry = { Url: `${receiver.url}/hook`, Auth: 'down', Auths: ['odd', 'wrong', 'program', 'unused'] };
    await setup.call({ ...entry, Retry: 1, Delay: 0 });
    const basic = `Basic ${Buffer.from('me:pass').toString('base64')}`;
    assert.deepEqual(seen.hooks(), [basic, basic, 'Bearer from-program']);
    receiver.requests.length = 0;
    receiver.statuses(500);
    assert.equal((await failure(setup.call({ ...entry, Auth: 'wrong', Auths: ['program'] }))).code, 500);
    assert.equal(receiver.requests.length, 1);
    const none = await failure(setup.call({ ...entry, Auth: 'down', Auths: ['odd'] }));
    assert.equal(none.code, 502);
    assert.match(none.message, /callback\/auths: odd: http:\S+\/login answered 500/);
  });

  test('and nobody else learns how: not by errors, logs and results of a service that quotes all', async () => {
    const program = join(folder, 'fails');
    await writeFile(program, '#!/bin/sh\necho S3CRET-out; echo S3CRET-err >&2; exit 3\n');
    await chmod(program, 0o755);
    receiver.answer = ({ path, headers, body }, response) => {
      const all = JSON.stringify({
        ...(path.startsWith('/login') ? { token: 'S3CRET-token' } : {}),
        headers,
        body,
        path,
        plain: Buffer.from(headers.authorization?.split(' ')[1] ?? '', 'base64').toString('latin1'),
      });
      response.writeHead(path.includes('fail') ? 500 : 200, { 'content-type': 'application/json' }).end(all);
    };
    const auths = {
      b: { AuthType: 'basic', Username: 'me', Password: 'S3CRET-basic' },
      t: tokenAuth({ Query: { key: 'S3CRET-query' } }),
      x: { AuthType: 'exec', Path: program },
    };
    using setup = caller({ auths });
    const lines: string[] = [];
    const more = {
      lines,
      headers: { 'X-Api-Key': 'S3CRET-header' },
      body: '{"p":"S3CRET-param"}',
      secrets: ['S3CRET-param'],
    };
    const told: string[] = [];
    for (const Auth of ['b', 't', 'x']) {
      for (const path of ['ok', 'fail?key=S3CRET-url']) {
        for (const how of ['JsonResponse', 'StringResponse', 'Debug']) {
          const entry = { Url: `${receiver.url}/${path}`, Auth, Secret: 'S3CRET-key', [how]: true };
          told.push(
            await setup.call(entry, { ...more, secrets: [...more.secrets, 'S3CRET-url'] }).then(
              (value) => (how === 'Debug' ? atob(String(value)) : JSON.stringify(value)),
              (error: Error) => `${error.stack} ${JSON.stringify(error)}`,
            ),
          );
        }
      }
    }
    assert.ok(lines.length > 4);
    for (const text of [...told, ...lines]) assert.doesNotMatch(text, /S3CRET/);
    assert.ok(told.some((text) => text.includes('its program ended with code 3')));
    assert.ok(told.some((text) => text.includes('***')));
  });
});
