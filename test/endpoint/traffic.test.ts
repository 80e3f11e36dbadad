import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Traffic } from '../../lib/endpoint/host/traffic.ts';
import type { SocketExchange } from '../../lib/models/index.ts';
import { fc, parameters } from '../support/properties.ts';

const isSecret = (param: string) => param.startsWith('secret');
const signal = new AbortController().signal;

function exchanged(
  traffic: Traffic,
  request: string,
  answer: string,
  { path = '/api-plugin/v4/action', params }: { path?: string; params?: Record<string, unknown> } = {},
): void {
  const exchange = traffic.begin('endpoint', 'POST', path);
  exchange.request(request, params);
  exchange.end(200, answer);
}

/** The bodies of the last exchange. */
function shown(request: string, answer: string, params?: Record<string, unknown>): string[] {
  const traffic = new Traffic(isSecret);
  exchanged(traffic, request, answer, { params });
  const { RequestBody = '', ResponseBody = '' } = traffic.since(0).Entries.at(-1) ?? {};
  return [RequestBody, ResponseBody];
}

test('an exchange is told when it begins, and once more when it has ended', () => {
  const traffic = new Traffic(isSecret);
  const open = traffic.begin('plugin', 'POST', '/log');
  open.request('{"Message":"m"}');
  const first = traffic.since(0);
  assert.deepEqual(
    first.Entries.map(({ Time: _, ...rest }) => rest),
    [{ Id: 1, From: 'plugin', Method: 'POST', Path: '/log', RequestBody: '{"Message":"m"}' }],
  );
  assert.deepEqual(traffic.since(first.Next).Entries, []);
  open.end(204);
  const [ended] = traffic.since(first.Next).Entries;
  assert.equal(ended?.Id, 1);
  assert.equal(ended?.Status, 204);
  assert.ok((ended?.DurationMs ?? -1) >= 0);
  assert.equal(traffic.since(0).Entries.length, 1);
});

test('whoever waits is told at the first exchange, at the end of the time, and when nobody listens any more', async () => {
  const traffic = new Traffic(isSecret);
  exchanged(traffic, '1', '2');
  const { Next } = traffic.since(0);
  await traffic.more(Next, { wait: 1, signal });
  assert.equal(traffic.since(Next).Entries.length, 0);
  const told = traffic.more(Next, { wait: 600_000, signal });
  exchanged(traffic, '3', '4');
  await told;
  assert.deepEqual(
    traffic.since(Next).Entries.map(({ Id }) => Id),
    [2],
  );
  const gone = new AbortController();
  const waiting = traffic.more(traffic.since(0).Next, { wait: 600_000, signal: gone.signal });
  gone.abort();
  await waiting;
  // A place of an endpoint that ran before is one that nobody knows.
  await traffic.more(1_000_000, { wait: 600_000, signal });
  assert.equal(traffic.since(1_000_000).Entries.length, 2);
});

test('the newest are kept, within a bound of their number and their texts, and what is dropped is counted', () => {
  const traffic = new Traffic(isSecret);
  for (let count = 0; count < 600; count += 1) exchanged(traffic, `${count}`, '');
  const { Entries, Dropped, Next } = traffic.since(0);
  assert.equal(Entries.length, 500);
  assert.equal(Entries.at(-1)?.RequestBody, '599');
  assert.equal(Dropped, 100);
  assert.equal(traffic.since(Next - 10).Dropped, 0);

  for (let count = 0; count < 100; count += 1) exchanged(traffic, 'x'.repeat(60_000), '');
  assert.equal(traffic.since(0).Entries.length, 8);
  exchanged(traffic, '"'.padEnd(5_000_000, 'y'), '');
  const long = traffic.since(0).Entries.at(-1);
  assert.equal(long?.RequestBody?.length, 65_536);
  assert.equal(long?.Cut, true);
  traffic.clear();
  assert.deepEqual(traffic.since(0).Entries, []);
});

test('values of secret params are masked wherever they are, and nothing else is', () => {
  const params = '{ "a":1,"secret/one" : "s3cret\\nword", "secret/two":{"x":["deep value", 12345]},"b":"s"}';
  assert.deepEqual(shown(`{"Params":${params}}`, '{"error":"no s3cret\\nword, 12345 or deep value!"}'), [
    '{"Params":{ "a":1,"secret/one" : "***", "secret/two":"***","b":"s"}}',
    '{"error":"no ***, *** or ***!"}',
  ]);
  assert.deepEqual(shown('{"secret/x":"abcdef"}', 'plain text with abcdef'), [
    '{"secret/x":"***"}',
    'plain text with ***',
  ]);
  // Text that is no JSON, though it begins as such.
  assert.deepEqual(shown('{"secret/x":"a b: c"}', '[info] a b: c'), ['{"secret/x":"***"}', '[info] ***']);
  // The name of a member that is the same word would tell it.
  assert.deepEqual(shown('{"secret/x":"Params"}', '{"Params":"Params"}')[1], '{"Params":"***"}');
  // Empty ones tell nothing.
  assert.deepEqual(
    shown('{"secret/x":"","secret/y":null,"secret/z":true}', '""')[0],
    '{"secret/x":"","secret/y":null,"secret/z":true}',
  );
  // Sealed ones neither: that they are is what somebody may want to see.
  const sealed = {
    Key: Buffer.alloc(32).toString('base64'),
    Nonce: Buffer.alloc(24).toString('base64'),
    Payload: Buffer.alloc(32).toString('base64'),
  };
  const text = JSON.stringify({ 'secret/x': sealed });
  assert.deepEqual(shown(text, text), [text, text]);
});

test('secrets of what is cut off, and of the config, are masked as well', () => {
  const long = 'm'.repeat(100_000);
  const params = { 'secret/x': 'hidden word' };
  assert.equal(
    shown(JSON.stringify({ Model: long, Params: params }), '"a hidden word"', params)[1],
    '"a ***"',
  );
  const cutIn = JSON.stringify({ Model: 'm'.repeat(65_510), 'secret/x': 'hidden word' });
  assert.doesNotMatch(shown(cutIn, '')[0] ?? '', /hid/);
  const straddling = `"${'m'.repeat(65_530)}hidden word"`;
  assert.doesNotMatch(shown(JSON.stringify(params), straddling)[1] ?? '', /hid/);

  const traffic = new Traffic(isSecret);
  exchanged(traffic, JSON.stringify(params), '', { path: '/api-plugin/v4/config' });
  for (let count = 0; count < 600; count += 1) {
    const log = traffic.begin('plugin', 'POST', '/api-server-plugin/v4/log');
    log.request('{"Message":"the hidden word"}');
    log.end(204);
  }
  const all = traffic.since(0).Entries.map(({ RequestBody }: SocketExchange) => RequestBody);
  assert.deepEqual(new Set(all), new Set(['{"Message":"the ***"}']));
});

test('a token in a path is not shown', () => {
  const traffic = new Traffic(isSecret);
  traffic.begin('endpoint', 'GET', '/plugin-apis/p/x?a=1&token=abc&b=2').end(200);
  assert.equal(traffic.since(0).Entries[0]?.Path, '/plugin-apis/p/x?a=1&token=...&b=2');
});

test('any text cut at any place tells no secret, and other JSON stays as it is', () => {
  fc.assert(
    fc.property(fc.jsonValue(), fc.string({ minLength: 5 }), fc.nat(300), (value, word, at) => {
      const secret = `<<${word}>>`;
      const text = JSON.stringify({ a: value, Params: { 'secret/x': secret, b: 1 }, c: [secret] });
      const [whole = '', answer = ''] = shown(text, text);
      assert.ok(!whole.includes(JSON.stringify(secret).slice(1, -1)));
      assert.deepEqual(JSON.parse(whole).Params, { 'secret/x': '***', b: 1 });
      assert.equal(answer, whole);
      const [cut = ''] = shown(text.slice(0, at), '');
      assert.ok(!cut.includes(`"secret/x":"<`));
      const other = JSON.stringify({ a: value });
      assert.equal(shown(other, '')[0], other);
    }),
    parameters(),
  );
});
