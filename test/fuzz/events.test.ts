import assert from 'node:assert/strict';
import { once } from 'node:events';
import type { Socket } from 'node:net';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import type { Arbitrary } from 'fast-check';
import { WebSocket } from 'ws';
import { eventSelector } from '../../lib/api/index.ts';
import { TestEndpoint } from '../api/test-endpoint.ts';
import { Running } from '../endpoint/running-endpoint.ts';
import { fc, parameters } from '../support/properties.ts';
import { ProviderProcess } from '../support/provider-process.ts';
import { until } from '../support/until.ts';
import { assertModelError, assertUnpolluted } from './expectations.ts';
import { anyText, jsonText, objectWith } from './texts.ts';

const listening = [process.execPath, join(import.meta.dirname, '../support/listening-plugin.ts')];
const KEYS = ['Time', 'Type', 'Action', 'Key', 'Principal', 'Object', 'Original'];

/** What goes over a websocket: a message in as many frames as it has parts, or bytes that are no frames. */
interface Frame {
  kind: 'text' | 'binary' | 'raw';
  parts: Uint8Array[];
}

const eventText = fc
  .tuple(
    objectWith(KEYS),
    fc.constantFrom('a', 'websocket', '*', '', '__proto__'),
    fc.constantFrom('b', 'register', 'deregister'),
  )
  .map(([event, Type, Action]) => JSON.stringify({ Key: 'c', ...event, Type, Action }));
const huge = fc
  .constantFrom(100_000, 3_000_000)
  .map((size) => JSON.stringify({ Type: 'a', Action: 'b', Key: 'x'.repeat(size) }));
const text = fc.oneof(
  { weight: 8, arbitrary: fc.oneof(jsonText(KEYS), eventText, anyText) },
  { weight: 1, arbitrary: huge },
);

/** `broken`: also bytes that end the connection, after which clients wait before they come back. */
function frames(texts: Arbitrary<string>, broken: boolean): Arbitrary<Frame[]> {
  const message = fc.tuple(texts, fc.integer({ min: 1, max: 4 })).map(([whole, count]) => {
    const bytes = Buffer.from(whole);
    const size = Math.ceil(bytes.length / count);
    return Array.from(
      { length: count },
      (_none, at): Uint8Array => bytes.subarray(at * size, (at + 1) * size),
    );
  });
  const kind = fc.oneof(
    { weight: 9, arbitrary: fc.constant('text' as const) },
    fc.constant('binary' as const),
  );
  const whole: Arbitrary<Frame> = fc.record({ kind, parts: message });
  const bytes = fc.oneof(
    fc.uint8Array({ minLength: 1, maxLength: 20 }),
    // A text frame that is not UTF-8, one that claims to be longer than anything, a close with a code that there is not.
    fc
      .constantFrom(
        [0x81, 2, 0xc3, 0x28],
        [0x81, 127, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff],
        [0x88, 2, 0, 1],
        [0x89, 0],
      )
      .map((bytes) => Uint8Array.from(bytes)),
  );
  const raw = fc.record({ kind: fc.constant('raw' as const), parts: fc.tuple(bytes) });
  return fc.array(fc.oneof({ weight: 8, arbitrary: whole }, { weight: broken ? 1 : 0, arbitrary: raw }), {
    maxLength: 6,
  });
}

function send(socket: WebSocket, list: readonly Frame[]): void {
  for (const { kind, parts } of list) {
    if (socket.readyState !== WebSocket.OPEN) return;
    if (kind === 'raw') {
      for (const bytes of parts) (socket as unknown as { _socket: Socket })._socket.write(bytes);
      continue;
    }
    for (const [at, part] of parts.entries())
      socket.send(part, { binary: kind === 'binary', fin: at === parts.length - 1 });
  }
}

/** To everybody who listens at the endpoint. */
function broadcast(endpoint: TestEndpoint, list: readonly Frame[]): void {
  for (const { socket } of endpoint.listening) send(socket, list);
}

describe('event frames', () => {
  test('a stream delivers events of whatever comes, and goes on after all of it', async () => {
    await using endpoint = await TestEndpoint.start(undefined, { tls: false });
    await using stream = endpoint.client().events();
    await stream.register('*.*.*');
    const seen = new Set<string>();
    const items = (async () => {
      for await (const { event, overflow, unreadable, gap } of stream) {
        if (event !== undefined) {
          const { Time, Type, Action, Key, Principal } = event;
          for (const field of [Time, Type, Action, Key, Principal]) assert.equal(typeof field, 'string');
          assert.deepEqual(Object.keys(event), [
            'Time',
            'Type',
            'Action',
            'Key',
            'Principal',
            'Object',
            'Original',
          ]);
          seen.add(`${Type}.${Action}.${Key}`.slice(0, 100));
        } else {
          const count = overflow ?? unreadable;
          assert.ok(count !== undefined ? count > 0 : gap?.reason !== '');
        }
      }
    })();
    let count = 0;
    await fc.assert(
      fc.asyncProperty(frames(text, true), async (list) => {
        count += 1;
        broadcast(endpoint, list);
        await until(() => {
          if (!seen.has(`mark.x.${count}`))
            endpoint.publish({ Type: 'mark', Action: 'x', Key: String(count) });
          return seen.has(`mark.x.${count}`);
        }, `the event ${count}`);
        assertUnpolluted();
      }),
      parameters(),
    );
    stream.close();
    await items;
  });

  test('a plugin hears events behind whatever comes, and lives', async () => {
    await using endpoint = await TestEndpoint.start();
    await using provider = await ProviderProcess.start(listening, { env: { RS_ENDPOINT: endpoint.url } });
    assert.equal((await provider.post('config', { Name: 'one', select: ['*.*.*'] })).status, 200);
    let count = 0;
    await fc.assert(
      fc.asyncProperty(frames(text, false), async (list) => {
        count += 1;
        const message = `event mark.x.${count}`;
        broadcast(endpoint, list);
        let tries = 0;
        await until(() => {
          if (tries++ % 20 === 0) endpoint.publish({ Type: 'mark', Action: 'x', Key: String(count) });
          const { posts } = provider.endpoint;
          const heard = posts.some(({ body }) => (body as { Message?: string }).Message === message);
          if (heard)
            posts.splice(
              0,
              posts.length,
              ...posts.filter(({ body }) =>
                String((body as { Message?: string }).Message).startsWith('Uncaught'),
              ),
            );
          return heard;
        }, message);
        assert.equal(provider.child.exitCode, null);
      }),
      parameters(),
    );
    assert.equal(provider.stderr, '');
    assert.deepEqual(provider.endpoint.lines, []);
  });

  test('the development endpoint serves registrations behind whatever comes', async () => {
    await using running = await Running.open();
    const verb = fc.constantFrom('register ', 'deregister ', 'register  ', 'REGISTER ', 'register\n', '');
    const selector = fc.oneof(
      fc.constantFrom(
        '*.*.*',
        'a.b',
        '..',
        '.',
        'a..',
        'a\\1b.c,d\\2.e\\3',
        '__proto__.constructor.*',
        '*',
        'x'.repeat(70_000),
      ),
      anyText,
    );
    const request = fc.tuple(verb, selector).map((parts) => parts.join(''));
    const url = `${running.endpoint.url.replace('https', 'wss')}/api/v3/ws`;
    const headers = { authorization: `Bearer ${running.endpoint.token}` };
    await fc.assert(
      fc.asyncProperty(
        frames(request, true),
        fc.string({ unit: 'grapheme-ascii', minLength: 1 }),
        async (list, key) => {
          const wanted = eventSelector('mark', 'x', key.trim() || 'k');
          const first = new WebSocket(url, { headers, ca: running.endpoint.certificate });
          first.on('error', () => {});
          first.on('message', (data) => {
            const { Type, Action, Object: object } = JSON.parse(data.toString());
            assert.equal(Type, 'websocket');
            assert.match(Action, /^(register|deregister|refused)$/);
            if (Action === 'refused') assertModelError(object);
          });
          await once(first, 'open');
          send(first, list);
          first.close();
          const second = new WebSocket(url, { headers, ca: running.endpoint.certificate });
          await once(second, 'open');
          const messages: { Action: string; Key: string }[] = [];
          second.on('message', (data) => messages.push(JSON.parse(data.toString())));
          second.send(`register ${wanted}`);
          await until(() => messages.length > 0, 'the acknowledgement');
          assert.equal(messages[0]?.Key, wanted);
          second.terminate();
          first.terminate();
        },
      ),
      parameters(),
    );
    assert.equal((await running.call('GET', 'info')).status, 200);
  });
});
