import assert from 'node:assert/strict';
import type { ServerResponse } from 'node:http';
import { test } from 'node:test';
import { Caller } from '../../cmd/callback/caller.ts';
import { plainCallback } from '../../cmd/callback/entry.ts';
import { Exchange } from '../../cmd/callback/exchange.ts';
import { Tokens } from '../../cmd/callback/tokens.ts';
import { Cloud } from '../../cmd/packet-ipmi/metal/cloud.ts';
import { SlackApi } from '../../cmd/slack/slack-api.ts';
import { EventQueue } from '../../lib/api/events/queue.ts';
import { Client } from '../../lib/api/index.ts';
import { ModelError } from '../../lib/models/index.ts';
import type { Logger } from '../../lib/plugin/index.ts';
import { TestEndpoint } from '../api/test-endpoint.ts';
import { until } from '../support/until.ts';
import { endless, packed, Stranger } from './stranger.ts';

const MIB = 1024 * 1024;
const TOKEN = 'T0KEN-of-the-test';
const soon = () => AbortSignal.timeout(60_000);

/** Who asks servers with a token, and how much each reads of an answer. */
const CLIENTS: readonly { who: string; bound: number; ask: (url: string) => Promise<unknown> }[] = [
  { who: 'slack', bound: 8 * MIB, ask: (url) => new SlackApi(TOKEN, `${url}/api/`).identify(soon()) },
  {
    who: 'packet-ipmi',
    bound: 64 * MIB,
    ask: (url) => new Cloud({ url, key: TOKEN, longestPauseMs: 1, orderMs: 1000 }).projects(soon()),
  },
  {
    who: 'callback',
    bound: 16 * MIB,
    async ask(url) {
      const exchange = new Exchange(undefined);
      const caller = new Caller(exchange, new Tokens(exchange, soon()), new Map(), [TOKEN]);
      const callback = plainCallback(`${url}/hook`);
      const message = {
        callback,
        url: callback.url,
        headers: { 'x-token': TOKEN },
        body: TOKEN,
        id: '1',
        secrets: [],
      };
      try {
        return await caller.call(message, {} as Logger, soon());
      } finally {
        exchange.close();
      }
    },
  },
  {
    who: 'the API client',
    bound: MIB,
    async ask(url) {
      const client = new Client({ endpoint: url, token: TOKEN, longestAnswer: MIB, retryDelays: [] });
      try {
        return await client.objects('machines').list();
      } finally {
        client.close();
      }
    },
  },
];

async function failure(call: Promise<unknown>): Promise<ModelError> {
  const error = await call.then(
    () => assert.fail('it did not fail'),
    (thrown: unknown) => thrown,
  );
  assert.ok(error instanceof ModelError, String(error));
  assert.ok(!JSON.stringify(error).includes(TOKEN));
  return error;
}

for (const { who, bound, ask } of CLIENTS) {
  test(`${who} reads an answer up to a bound, packed or not, of a failure too`, async () => {
    const ways: ((response: ServerResponse) => void)[] = [
      (response) => endless(response),
      (response) => endless(response, 404),
      (response) => packed(response, bound + 2 * MIB),
    ];
    for (const way of ways) {
      await using stranger = await Stranger.start((_request, response) => way(response));
      const { message, code } = await failure(ask(stranger.url));
      assert.match(message, new RegExp(`the answer is longer than|answer is longer than ${bound} bytes`));
      assert.ok(code === 502 || code === 503, String(code));
      assert.equal(stranger.requests.length, 1, 'it is not tried again');
    }
  });

  test(`${who} follows no redirect: neither token nor body go to another host`, async () => {
    for (const status of [301, 302, 303, 307, 308]) {
      await using other = await Stranger.start();
      await using stranger = await Stranger.start((_request, response) => {
        response.writeHead(status, { location: other.url }).end();
      });
      assert.match((await failure(ask(stranger.url))).message, new RegExp(`redirect|status ${status}`));
      assert.deepEqual([stranger.requests.length, other.requests.length], [1, 0]);
    }
  });
}

test('the API client reads the beginning of a refusal only where a file should come', async () => {
  await using stranger = await Stranger.start((_request, response) => endless(response, 500));
  const client = new Client({ endpoint: stranger.url, token: TOKEN, retryDelays: [] });
  const { code } = await failure(client.files().read('x'));
  client.close();
  assert.equal(code, 500);
});

test('the event stream follows no redirect', async () => {
  await using other = await Stranger.start();
  await using stranger = await Stranger.start();
  stranger.elsewhere = other.url;
  const client = new Client({ endpoint: stranger.url, token: TOKEN, retryDelays: [1] });
  await using stream = client.events();
  const tried = new AbortController();
  const registered = stream.register('a.b.c', { signal: tried.signal });
  await until(() => stranger.requests.length > 2, 'some tries');
  tried.abort();
  await assert.rejects(registered, { name: 'AbortError' });
  client.close();
  assert.deepEqual(new Set(stranger.requests), new Set(['GET /api/v3/ws']));
  assert.deepEqual(other.requests, []);
});

test('an event that is too long ends the connection, and what is lost with it is told', async () => {
  await using endpoint = await TestEndpoint.start(undefined, { tls: false });
  const client = endpoint.client();
  await using stream = client.events({ signal: soon() });
  await stream.register('*.*.*');
  endpoint.sendFrame(' '.repeat(64 * MIB + 1));
  for await (const { gap } of stream) {
    assert.match(gap?.reason ?? '', /Max payload size exceeded|1009|closed/);
    break;
  }
  client.close();
});

test('events that wait have a bound in bytes; the others are dropped and counted', async () => {
  const queue = new EventQueue(1000);
  const event = (Key: string) => {
    return { Time: '', Type: 't', Action: 'a', Key, Principal: '', Object: null, Original: null };
  };
  for (const key of ['1', '2', '3']) queue.push(event(key), 30 * MIB);
  queue.push(event('small'), 1);
  const taken = [await queue.take(), await queue.take(), await queue.take(), await queue.take()];
  assert.deepEqual(
    taken.map((item) => item?.event?.Key ?? item?.overflow),
    ['1', '2', 1, 'small'],
  );
});
