import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, request, type ServerResponse } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import type { PluginHost } from '../../lib/endpoint/host/index.ts';
import { PublishQueue } from '../../lib/endpoint/host/publish-queue.ts';
import { type Event, ModelError } from '../../lib/models/index.ts';
import { until } from '../support/until.ts';
import { action, fakeHost, type HostFixture, plugin } from './host-fixture.ts';

async function running(
  t: TestContext,
  options: Parameters<typeof fakeHost>[1] & { params?: Record<string, unknown> } = {},
): Promise<HostFixture> {
  const fixture = await fakeHost(t, options);
  await fixture.host.start(plugin('p', options.params));
  return fixture;
}

/** Lets the plugin call the endpoint over its socket. */
async function ask(
  host: PluginHost,
  method: string,
  path: string,
  body?: unknown,
): Promise<{ status: number; json: unknown }> {
  const answer = (await host.action(
    'p',
    action('ask', { method, path: `/api-server-plugin/v4${path}`, body }),
  )) as {
    status: number;
    text: string;
  };
  return { status: answer.status, json: answer.text === '' ? undefined : JSON.parse(answer.text) };
}

test('an action reaches the plugin as it is, with the headers of the request, and its result comes back', async (t) => {
  const { host } = await running(t);
  const sent = action('echo', { 'a/b': 1.23456789, text: 'é <&>' });
  const result = (await host.action('p', sent, { headers: { 'X-Log-Request': 'trace' } })) as {
    action: unknown;
    headers: Record<string, string>;
  };
  assert.deepEqual(result.action, sent);
  const { host: name, 'content-type': type, 'x-log-request': level, connection } = result.headers;
  assert.deepEqual([name, type, level, connection], ['unix', 'application/json', 'trace', 'keep-alive']);
});

test('the error of an action travels unchanged', async (t) => {
  const { host } = await running(t);
  await assert.rejects(host.action('p', action('error')), (error) => {
    assert.ok(error instanceof ModelError);
    assert.deepEqual(error.toJSON(), {
      Model: 'machines',
      Key: 'm1',
      Type: 'rpc',
      Messages: ['BMC is away'],
      Code: 404,
    });
    return true;
  });
});

const ANSWERS: [status: number, text: string, code: number, message: RegExp][] = [
  [200, 'fine', 502, /action: expected JSON, the plugin answered 200 "fine"/],
  [200, '', 502, /action: expected JSON, the plugin answered 200 nothing/],
  [500, '<h1>Oops</h1>', 500, /action: expected JSON, the plugin answered 500 "<h1>Oops<\/h1>"/],
  [418, '{"short":"stout"}', 418, /action: the plugin answered 418 \{"short":"stout"\}/],
];

for (const [status, text, code, message] of ANSWERS) {
  test(`the answer ${status} ${JSON.stringify(text)} to an action is an error that quotes it`, async (t) => {
    const { host } = await running(t);
    await assert.rejects(host.action('p', action('answer', { status, text })), { code, message });
    assert.ok(host.running('p'));
  });
}

test('actions run in parallel', async (t) => {
  const { host } = await running(t);
  const ending = new AbortController();
  const hanging = host.action('p', action('hang'), { signal: ending.signal });
  const hung = assert.rejects(hanging, { code: 503 });
  // The other one does not end before this one has.
  await host.action('p', action('echo'));
  ending.abort();
  await hung;
});

test('an action has a limit, and its caller can give it up', async (t) => {
  const { host } = await running(t, { limits: { action: 100, drain: 10 } });
  await assert.rejects(host.action('p', action('hang')), {
    code: 504,
    message: /action was not answered within 0.1 s/,
  });
  await assert.rejects(host.action('p', action('hang'), { signal: AbortSignal.abort() }), {
    code: 503,
    message: /action was cancelled/,
  });
  assert.ok(host.running('p'));
});

test('an action of a plugin that was not started is a 404', async (t) => {
  const { host } = await fakeHost(t);
  await assert.rejects(host.action('p', action('echo')), { code: 404, key: 'p' });
});

test('log posts reach the log, and none of them can end a process', async (t) => {
  const { host, lines } = await running(t);
  const line = {
    Group: 2,
    Seq: 7,
    Time: '2026-11-21T10:49:58.273643426Z',
    Service: 'fake',
    Principal: 'somebody',
    Level: 'warn',
    File: 'a.ts',
    Line: 3,
    Message: 'hello\n',
    Data: [1, 'two'],
    IgnorePublish: true,
  };
  assert.deepEqual(await ask(host, 'POST', '/log', line), { status: 204, json: undefined });
  await ask(host, 'POST', '/log', { ...line, Level: 'fatal' });
  await ask(host, 'POST', '/log', { ...line, Level: 'panic' });
  await ask(host, 'POST', '/log', { Level: 'audit' });
  await ask(host, 'POST', '/log', { Level: 'loud', Message: 7, Group: 'x', Data: null });
  await ask(host, 'POST', '/log', 'null');
  const posted = lines.filter(({ source }) => source.stream === 'log');
  assert.deepEqual(posted[0], { line, source: { provider: 'fake', plugin: 'p', stream: 'log' } });
  assert.deepEqual(
    posted.map((one) => one.line.Level),
    ['warn', 'error', 'error', 'audit', 'info', 'info'],
  );
  assert.deepEqual([posted[4]?.line.Message, posted[4]?.line.Group, posted[4]?.line.Data], ['', 0, []]);
});

test('a published event reaches the endpoint', async (t) => {
  const { host, published } = await running(t);
  const event = {
    Time: '2026-11-21T10:49:58Z',
    Type: 'a',
    Action: 'b',
    Key: 'c',
    Principal: 'd',
    Object: { x: 1 },
  };
  assert.deepEqual(await ask(host, 'POST', '/publish', { ...event, Original: null }), {
    status: 200,
    json: { Model: '', Key: '', Type: '', Messages: null, Code: 200 },
  });
  assert.deepEqual(published, [{ event: { ...event, Original: null }, plugin: 'p' }]);
  await ask(host, 'POST', '/publish', { Type: 'a', Action: 'b', Key: 'c' });
  const { Time, ...filled } = published[1]?.event ?? assert.fail('no event');
  assert.deepEqual(filled, {
    Type: 'a',
    Action: 'b',
    Key: 'c',
    Principal: '',
    Object: null,
    Original: null,
  });
  assert.match(Time, /^\d{4}-\d\d-\d\dT/);
});

test('a refused event is a 409 with the reason, whatever that is', async (t) => {
  const failures: unknown[] = [new ModelError(403, 'not you', { type: 'AUTH' }), new TypeError('a mistake')];
  const { host } = await running(t, {
    onPublish: () => {
      throw failures.shift();
    },
  });
  const event = { Type: 'a', Action: 'b', Key: 'c' };
  assert.deepEqual(await ask(host, 'POST', '/publish', event), {
    status: 409,
    json: { Model: '', Key: '', Type: 'AUTH', Messages: ['not you'], Code: 409 },
  });
  assert.deepEqual(await ask(host, 'POST', '/publish', event), {
    status: 409,
    json: { Model: '', Key: '', Type: '', Messages: ['a mistake'], Code: 409 },
  });
});

test('a plugin can list objects, and is told what is wrong with its question', async (t) => {
  const { host } = await running(t, {
    listObjects: (prefix) => {
      if (prefix === 'boom') throw new Error('disk on fire');
      if (prefix !== 'typed cows') throw new ModelError(404, 'no such prefix', { model: prefix });
      return Promise.resolve([{ Id: 'bertie' }]);
    },
  });
  assert.deepEqual(await ask(host, 'GET', '/objects/typed%20cows?slim=Params'), {
    status: 200,
    json: [{ Id: 'bertie' }],
  });
  assert.deepEqual(await ask(host, 'GET', '/objects/dogs'), {
    status: 404,
    json: { Model: 'dogs', Key: '', Type: '', Messages: ['no such prefix'], Code: 404 },
  });
  assert.equal((await ask(host, 'GET', '/objects/%zz')).status, 404);
  const { status, json } = await ask(host, 'GET', '/objects/boom');
  assert.deepEqual([status, (json as { Messages: string[] }).Messages], [500, ['disk on fire']]);
});

const BAD_REQUESTS: [method: string, path: string, body: unknown, status: number, message: RegExp][] = [
  ['GET', '/log', undefined, 404, /^$/],
  ['PUT', '/publish', {}, 404, /^$/],
  ['POST', '/nothing', {}, 404, /^$/],
  ['POST', '/objects/machines', {}, 404, /^$/],
  ['POST', '/publish', '{"Type"', 400, /^body: .*JSON/],
  ['POST', '/publish', [], 400, /^event: expected an object/],
  ['POST', '/publish', 'null', 400, /^event: expected an object/],
  ['POST', '/publish', { Type: 7 }, 400, /^event: Type: expected a string, found number/],
];

test('a bad request of a plugin is answered with a models.Error', async (t) => {
  const { host } = await running(t);
  for (const [method, path, body, status, message] of BAD_REQUESTS) {
    const answer = await ask(host, method, path, body);
    const error = answer.json as { Code: number; Type: string; Key: string; Messages: string[] | null };
    const what = `${method} ${path}`;
    assert.deepEqual([answer.status, error.Code, error.Type], [status, status, method], what);
    assert.match((error.Messages ?? []).join(), message, what);
    if (status === 404) assert.equal(error.Key, `/api-server-plugin/v4${path}`);
  }
});

const event = (Action: string, Key = 'k'): Event => ({
  Time: '2026-11-21T10:49:58.273643426Z',
  Type: 'machines',
  Action,
  Key,
  Principal: 'user:rocketskates',
  Object: { a: 1 },
  Original: null,
});

test('events are published, in their order, to plugins whose provider has HasPublish', async (t) => {
  const { host, lines } = await running(t, { define: { HasPublish: true } });
  const keys = Array.from({ length: 20 }, (_, at) => String(at));
  host.publish(event('refuse'));
  for (const key of keys) host.publish(event('create', key));
  let seen: Event[] = [];
  await until(async () => {
    seen = (await host.action('p', action('events'))) as Event[];
    return seen.length === keys.length;
  }, 'the events');
  assert.deepEqual(
    seen,
    keys.map((key) => event('create', key)),
  );
  assert.match(
    lines.find(({ line }) => line.Level === 'error')?.line.Message ?? '',
    /^Plugin p: machines\.refuse\.k: plugin: no such event/,
  );
});

test('events are not published to plugins without HasPublish', async (t) => {
  const { host, lines } = await running(t);
  host.publish(event('create'));
  assert.deepEqual(await host.action('p', action('events')), []);
  assert.ok(!lines.some(({ line }) => line.Level === 'error'));
});

test('a plugin that cannot keep up with events loses the oldest, and that is told', async () => {
  const sent: string[] = [];
  const dropped: number[] = [];
  const first = Promise.withResolvers<void>();
  const queue = new PublishQueue(
    async ({ Key }) => {
      sent.push(Key);
      await first.promise;
    },
    (count) => dropped.push(count),
  );
  for (let at = 0; at <= 1_010; at += 1) queue.push(event('create', String(at)));
  first.resolve();
  await until(() => sent.at(-1) === '1010', 'the last event');
  assert.deepEqual(dropped, [10]);
  assert.deepEqual(sent.slice(0, 2), ['0', '11']);
});

/** A server that passes everything on to the plugin, as the REST API does. */
async function proxy(t: TestContext, host: PluginHost): Promise<number> {
  const server = createServer(async (incoming, outgoing) => {
    try {
      await host.forward('p', incoming, outgoing);
    } catch (error) {
      const known = ModelError.from(error) ?? new ModelError(500, String(error));
      outgoing.writeHead(known.code, { connection: 'close' }).end(known.messages.join('; '));
    }
  });
  server.listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  return (server.address() as AddressInfo).port;
}

function call(
  port: number,
  method: string,
  path: string,
  body?: string,
): Promise<{ status: number; text: string; headers: IncomingMessage['headers']; cut: boolean }> {
  const { promise, resolve, reject } = Promise.withResolvers<Awaited<ReturnType<typeof call>>>();
  const outgoing = request(
    { port, host: '127.0.0.1', method, path, headers: { 'x-given': 'yes' } },
    (incoming) => {
      let text = '';
      let cut = true;
      incoming.setEncoding('utf8');
      incoming.on('data', (chunk) => {
        text += chunk;
      });
      incoming.on('end', () => {
        cut = false;
      });
      incoming.on('error', () => {});
      incoming.on('close', () =>
        resolve({ status: incoming.statusCode ?? 0, text, headers: incoming.headers, cut }),
      );
    },
  );
  outgoing.on('error', reject);
  outgoing.end(body);
  return promise;
}

test('requests to /plugin-apis are passed on with what comes before cut off, and so are the answers', async (t) => {
  const { host } = await running(t);
  const port = await proxy(t, host);
  const answer = await call(port, 'PUT', '/api/v3/plugin-apis/p/some/thing?x=%2Fy', 'body');
  assert.equal(answer.status, 201);
  assert.equal(answer.text, 'PUT /plugin-apis/p/some/thing?x=%2Fy body 127.0.0.1');
  assert.equal(answer.headers['x-seen'], 'yes');
  const large = 'x'.repeat(5_000_000);
  assert.equal((await call(port, 'POST', '/plugin-apis/p/', large)).text.length, large.length + 31);
});

test('the body of a forwarded request is its body, whatever the method, and never a request of its own', async (t) => {
  const { host } = await running(t);
  const port = await proxy(t, host);
  const body = 'POST /api-plugin/v4/stop HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n';
  const chunked = `${body.length.toString(16)}\r\n${body}\r\n0\r\n\r\n`;
  for (const method of ['GET', 'DELETE', 'OPTIONS', 'POST']) {
    for (const [headers, sent] of [
      ['Connection: close\r\nTransfer-Encoding: chunked', chunked],
      [`Connection: close, Content-Length\r\nContent-Length: ${body.length}`, body],
    ]) {
      const socket = connect(port, '127.0.0.1');
      socket.write(`${method} /plugin-apis/p/x HTTP/1.1\r\nHost: x\r\n${headers}\r\n\r\n${sent}`);
      let text = '';
      for await (const chunk of socket) text += chunk;
      assert.ok(text.includes(`${method} /plugin-apis/p/x ${body} 127.0.0.1`), text);
    }
  }
  assert.ok(host.running('p'));
});

test('a plugin that breaks off in the middle of a forwarded answer breaks the caller off', async (t) => {
  const { host } = await running(t);
  const answer = await call(await proxy(t, host), 'GET', '/plugin-apis/p/cut');
  assert.deepEqual([answer.status, answer.text, answer.cut], [201, 'half', true]);
});

test('a plugin that is silent over a forwarded request is a 504', async (t) => {
  const { host } = await running(t, { limits: { forwardIdle: 100 } });
  const silent = await call(await proxy(t, host), 'GET', '/plugin-apis/p/hang');
  assert.deepEqual([silent.status, silent.text], [504, 'nothing was sent or answered for 0.1 s']);
});

test('a plugin that dies over a forwarded request is a 502', async (t) => {
  const { host } = await running(t, { limits: { restartFirst: 60_000 } });
  const port = await proxy(t, host);
  const died = await call(port, 'POST', '/plugin-apis/p/die', 'x');
  assert.equal(died.status, 502);
  assert.match(died.text, /^the plugin exited with code 5 before POST \/plugin-apis\/p\/die was answered/);
  await until(() => !host.running('p'), 'the death to be noticed');
  assert.equal((await call(port, 'GET', '/plugin-apis/p/x')).status, 503);
});

test('a caller that goes away ends the forwarded request', async (t) => {
  const { host } = await running(t);
  let ended: ServerResponse | undefined;
  const server = createServer((incoming, outgoing) => {
    host.forward('p', incoming, outgoing).catch(() => {
      ended = outgoing;
    });
  });
  server.listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  t.after(() => server.close());
  const { port } = server.address() as AddressInfo;
  const outgoing = request({ port, host: '127.0.0.1', path: '/plugin-apis/p/hang' });
  outgoing.on('error', () => {});
  server.once('request', () => setImmediate(() => outgoing.destroy()));
  outgoing.end();
  await until(() => ended?.destroyed === true, 'the request to end');
});

test('a plugin that blocks its event loop is busy, says so in log and errors, and runs again after it', async (t) => {
  const { host, errors, lines, root } = await running(t, { limits: { ping: 200 } });
  const go = join(root, 'go');
  const blocked = host.action('p', action('block', { until: go }));
  await until(() => host.state('p') === 'busy', 'busy');
  assert.ok(host.running('p'));
  assert.match(errors.get('p')?.at(-1)?.join() ?? '', /^busy: it does not answer/);
  await writeFile(go, '');
  assert.equal(await blocked, 'done');
  await until(() => host.state('p') === 'running', 'running again');
  assert.deepEqual(errors.get('p')?.at(-1), []);
  const told = lines
    .map(({ line }) => line.Message)
    .filter((message) => /is busy|answers again/.test(message));
  assert.match(told[0] ?? '', /Plugin p is busy/);
  assert.match(told[1] ?? '', /Plugin p answers again/);
});

test('a plugin that is busy for too long is killed and started again', async (t) => {
  // So long that a slow start of the next process is not taken for an endless loop.
  const { host, lines } = await running(t, { limits: { ping: 500, busy: 1_000, restartFirst: 10 } });
  await assert.rejects(host.action('p', action('block', { until: '/nowhere' })), { code: 502 });
  await until(() => host.state('p') === 'running', 'the next process');
  assert.ok(lines.some(({ line }) => /has been busy for 1 s, and is killed/.test(line.Message)));
  assert.equal(await host.action('p', action('block', { until: '/' })), 'done');
});
