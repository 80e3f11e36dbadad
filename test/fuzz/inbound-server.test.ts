import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import type { Arbitrary } from 'fast-check';
import { fc, parameters } from '../support/properties.ts';
import { ProviderProcess } from '../support/provider-process.ts';
import { type HttpAnswer, readAnswers } from './answers.ts';
import { assertModelError } from './expectations.ts';
import { anyText, jsonText, mutated } from './texts.ts';

const sample = [process.execPath, join(import.meta.dirname, '../support/sample-plugin.ts')];
const recorded = JSON.parse(
  readFileSync(new URL('../fixtures/protocol/requests.json', import.meta.url), 'utf8'),
) as { request: string }[];

/** Commands of the sample plugin that end by themselves. */
const COMMANDS = [
  'echo',
  'both',
  'nothing',
  'endless',
  'crash',
  'text',
  'code',
  'late',
  'publish',
  'objects',
  'none',
];
const METHODS = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'PROPFIND', 'QUERY'];
const KEYS = [
  'Name',
  'Command',
  'CommandSet',
  'Model',
  'Plugin',
  'Params',
  'Type',
  'Action',
  'Key',
  'sample/needed',
];
const ACTION = '/api-plugin/v4/action';

interface Sent {
  method: string;
  target: string;
  headers: readonly string[];
  body: string;
  chunked: boolean;
}

/** What may stand in a header: the parser refuses the rest. */
const headerText = fc
  .string({ unit: fc.constantFrom(...'abz019 \t,;=/"\\%{}()<>@:?[]é\u00ff'), maxLength: 30 })
  .map((text) => text.trim());
const header = fc.oneof(
  fc.tuple(
    fc.constantFrom('X-Log-Request', 'X-Log-Token', 'Accept', 'Cookie', 'x-__proto__', 'constructor'),
    headerText,
  ),
  fc.constantFrom<[string, string]>(
    ['X-Log-Request', 'trace'],
    ['Expect', '100-continue'],
    ['Content-Type', 'text/plain'],
    ['Content-Type', 'APPLICATION/JSON;'],
    ['Upgrade', 'websocket'],
    ['Connection', 'keep-alive, x-__proto__'],
    ['__proto__', 'x'],
  ),
);

const segment = fc.oneof(
  fc.constantFrom(
    'api-plugin',
    'v4',
    'action',
    'config',
    'publish',
    'plugin-apis',
    'sample',
    '..',
    '.',
    '',
    '%2e%2e',
    '%zz',
    '%00',
    '%F0%9F',
  ),
  fc.string({ unit: fc.constantFrom(...'az09-_~%;@!$&()*+,=:'), maxLength: 8 }),
);
const target = fc.oneof(
  {
    weight: 2,
    arbitrary: fc.constantFrom('action', 'config', 'publish').map((name) => `/api-plugin/v4/${name}`),
  },
  fc.array(segment, { maxLength: 6 }).map((parts) => `/${parts.join('/')}`),
  fc
    .array(segment, { maxLength: 3 })
    .map((parts) => `/plugin-apis/sample/${parts.join('/')}?${parts.join('&')}`),
  fc.constantFrom(
    '/plugin-apis/sample/bytes',
    'http://unix/api-plugin/v4/config',
    'HTTP://[::1]/x?y#z',
    '/?',
    '/a?__proto__=1',
  ),
);

const action = fc
  .record({
    Command: fc.constantFrom(...COMMANDS),
    CommandSet: fc.constantFrom('system', 'machines', '', 'x'),
  })
  .map((fields) => JSON.stringify({ ...fields, Model: {}, Params: { 'sample/needed': 1 } }));

const request: Arbitrary<Sent> = fc.record({
  method: fc.oneof({ weight: 2, arbitrary: fc.constant('POST') }, fc.constantFrom(...METHODS)),
  target,
  headers: fc
    .array(header, { maxLength: 5 })
    .map((pairs) => pairs.map(([name, value]) => `${name}: ${value}`)),
  body: fc.oneof(action, jsonText(KEYS), anyText),
  chunked: fc.boolean(),
});

/** The bytes of a request that is whole. `place` is its number, for telling answers apart. */
function bytesOf({ method, target: path, headers, body, chunked }: Sent, place: number): Buffer {
  // The plugin must live; what ends it has tests of its own.
  const calm = (text: string) => text.replace(/stop/gi, 'halt');
  const bytes = Buffer.from(calm(body));
  const framing = chunked
    ? `Transfer-Encoding: chunked`
    : bytes.length > 0 || place % 2 === 0
      ? `Content-Length: ${bytes.length}`
      : 'X-Nothing: 1';
  const typed = headers.some((line) => /^content-type:/i.test(line))
    ? []
    : ['Content-Type: application/json'];
  const head = [
    `${method} ${calm(path)} HTTP/1.1`,
    'Host: unix',
    framing,
    ...typed,
    ...headers.map(calm),
    '',
    '',
  ];
  const half = bytes.length >> 1;
  const pieces = [bytes.subarray(0, half), bytes.subarray(half)].filter((piece) => piece.length > 0);
  const content = chunked
    ? [
        ...pieces.flatMap((piece) => [
          Buffer.from(`${piece.length.toString(16)}\r\n`),
          piece,
          Buffer.from('\r\n'),
        ]),
        Buffer.from('0\r\n\r\n'),
      ]
    : [bytes];
  return Buffer.concat([Buffer.from(head.join('\r\n'), 'latin1'), ...content]);
}

/** A request whose answer names it. */
function marked(place: number): Buffer {
  return Buffer.from(`GET /plugin-apis/sample/mark-${place} HTTP/1.1\r\nHost: unix\r\n\r\n`);
}

/** What cannot be read, or breaks off. */
const tail = fc.oneof(
  fc.constant(''),
  fc.constantFrom(
    'GARBAGE\r\n\r\n',
    'CONNECT unix:1 HTTP/1.1\r\nHost: unix\r\n\r\n',
    'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n',
    'GET / HTTP/1.1\r\n\r\n',
    'GET / HTTP/9.9\r\nHost: unix\r\n\r\n',
    'POST / HTTP/1.1\r\nHost: unix\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n',
    'POST / HTTP/1.1\r\nHost: unix\r\nContent-Length: -1\r\n\r\n',
    'POST / HTTP/1.1\r\nHost: unix\r\nContent-Length: 9\r\nTransfer-Encoding: chunked\r\n\r\n',
    'POST /api-plugin/v4/config HTTP/1.1\r\nHost: unix\r\nContent-Length: 9\r\n\r\n{"N',
    `GET /${'x'.repeat(20_000)} HTTP/1.1\r\nHost: unix\r\n\r\n`,
    `GET / HTTP/1.1\r\nHost: unix\r\n${'A: b\r\n'.repeat(3_000)}\r\n`,
    '\u0000\u0001\u0002',
  ),
  anyText,
);

describe('the inbound server', () => {
  let provider: ProviderProcess;
  before(async () => {
    provider = await ProviderProcess.start(sample, {
      answer: ({ path }) => (path.includes('/objects/') ? { status: 200, body: [] } : undefined),
    });
  });
  after(async () => provider[Symbol.asyncDispose]());

  /** Sends bytes, cut into pieces, says that there are no more, and returns all that comes back. */
  async function exchange(bytes: Buffer, cuts: readonly number[] = []): Promise<Buffer> {
    const socket = connect({ path: provider.toPlugin, allowHalfOpen: true });
    const received: Buffer[] = [];
    socket.on('data', (chunk: Buffer) => received.push(chunk));
    // The server hangs up on what it refuses, whether or not all of it has been sent.
    socket.on('error', () => {});
    const { promise: closed, resolve } = Promise.withResolvers<void>();
    socket.on('close', () => resolve());
    socket.on('end', () => socket.destroy());
    await once(socket, 'connect');
    let from = 0;
    for (const cut of cuts.map((part) => Math.floor((bytes.length * part) / 1000)).sort((a, b) => a - b)) {
      if (cut <= from) continue;
      socket.write(bytes.subarray(from, cut));
      await new Promise((resolve) => setImmediate(resolve));
      from = cut;
    }
    socket.end(bytes.subarray(from));
    const patience = setTimeout(() => resolve(), 10_000);
    await closed;
    clearTimeout(patience);
    assert.ok(socket.destroyed, `the connection stays open after ${Buffer.concat(received)}`);
    return Buffer.concat(received);
  }

  function assertWellFormed({ status, headers, body }: HttpAnswer): void {
    if (status < 400 || body.length === 0) return;
    assert.match(headers, /content-type: application\/json/i);
    assertModelError(JSON.parse(body.toString()));
  }

  async function assertAlive(): Promise<void> {
    const { status } = await provider.send('GET', '/plugin-apis/sample/alive');
    assert.equal(status, 200);
    assert.equal(provider.child.exitCode, null);
    assert.equal(provider.stderr, '');
  }

  const cuts = fc.array(fc.nat(1000), { maxLength: 4 });

  test('whole requests are answered as many as they are and in their order, whatever they ask for', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(request, { minLength: 1, maxLength: 5 }), cuts, async (requests, at) => {
        const bytes = requests.flatMap((each, place): Buffer[] => [bytesOf(each, place), marked(place)]);
        const methods = requests.flatMap(({ method }) => [method, 'GET']);
        const answers = readAnswers(await exchange(Buffer.concat(bytes), at), methods);
        assert.equal(answers.length, methods.length);
        answers.forEach(assertWellFormed);
        for (const place of requests.keys())
          assert.equal(JSON.parse(String(answers[2 * place + 1]?.body)).path, `/mark-${place}`);
        await assertAlive();
      }),
      parameters(),
    );
  });

  test('what cannot be read is refused after the requests before it are answered', async () => {
    await fc.assert(
      fc.asyncProperty(fc.nat(3), fc.boolean(), tail, cuts, async (count, slow, rest, at) => {
        const body = '{"Command":"late","CommandSet":"system"}';
        const acts = slow && count > 0;
        const sent = Array.from({ length: count }, (_none, place) =>
          acts && place === 0
            ? bytesOf({ method: 'POST', target: ACTION, headers: [], body, chunked: true }, 0)
            : marked(place),
        );
        const answers = readAnswers(await exchange(Buffer.concat([...sent, Buffer.from(rest)]), at), []);
        assert.ok(
          answers.length === count || answers.length === count + 1,
          `${answers.length} answers to ${count} requests`,
        );
        for (const [place, answer] of answers.slice(0, count).entries()) {
          assert.equal(answer.status, 200);
          const found: unknown = JSON.parse(answer.body.toString());
          assert.deepEqual(
            found,
            acts && place === 0 ? 'answered' : { ...(found as object), path: `/mark-${place}` },
          );
        }
        const refusal = answers[count];
        if (refusal !== undefined) {
          assert.ok(refusal.status >= 400, `${refusal.status}`);
          assertWellFormed(refusal);
        }
        await assertAlive();
      }),
      parameters<[number, boolean, string, number[]]>([
        // These once overtook the answers that were still to leave.
        [2, true, 'GARBAGE\r\n\r\n', []],
        [3, true, 'CONNECT unix:1 HTTP/1.1\r\nHost: unix\r\n\r\n', []],
        // This was not answered, being behind another.
        [1, false, 'GET / HTTP/1.1\r\n\r\n', []],
        [1, true, 'POST / HTTP/1.1\r\nHost: unix\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n', []],
      ]),
    );
  });

  test('a request that asks for an upgrade is answered as any other, and is the last of its connection', async () => {
    const upgrade = 'Connection: Upgrade\r\nUpgrade: h2c\r\nContent-Length: 3\r\n\r\none';
    const last = `POST /plugin-apis/sample/last HTTP/1.1\r\nHost: unix\r\n${upgrade}`;
    const [first, second, ...more] = readAnswers(
      await exchange(Buffer.concat([marked(0), Buffer.from(last), marked(1)])),
      [],
    );
    assert.equal(first?.status, 200);
    assert.match(second?.headers ?? '', /^connection: close$/im);
    assert.equal(JSON.parse(String(second?.body)).body, 'one');
    assert.equal(more.length, 0);
  });

  test('a request that waits to be told to go on is told so before its answer, not in it', async () => {
    const expecting: Sent = {
      method: 'POST',
      target: '/plugin-apis/sample/last',
      headers: ['Expect: 100-continue'],
      body: 'one',
      chunked: false,
    };
    const slow = {
      ...expecting,
      target: ACTION,
      headers: [],
      body: '{"Command":"objects","CommandSet":"system"}',
    };
    const answers = readAnswers(await exchange(Buffer.concat([bytesOf(slow, 0), bytesOf(expecting, 1)])), []);
    assert.equal(answers[0]?.status, 200);
    assert.equal(JSON.parse(String(answers[1]?.body)).body, 'one');
    assert.equal(answers.length, 2);
  });

  test('what follows a request that closes the connection is not answered', async () => {
    const last = 'GET /plugin-apis/sample/last HTTP/1.1\r\nHost: unix\r\nConnection: close\r\n\r\n';
    const answers = readAnswers(await exchange(Buffer.concat([marked(0), Buffer.from(last), marked(1)])), []);
    assert.deepEqual(
      answers.map(({ body }) => JSON.parse(body.toString()).path),
      ['/mark-0', '/last'],
    );
  });

  test('recorded requests with changes in them are answered by what was asked for or a models.Error', async () => {
    const requests = recorded.map(({ request: text }) => {
      const [head = '', ...body] = text.split('\n\n');
      return [head.replaceAll('\n', '\r\n'), ...body].join('\r\n\r\n');
    });
    const bytes = fc.array(mutated(requests), { minLength: 1, maxLength: 3 }).map((texts) => texts.join(''));
    await fc.assert(
      fc.asyncProperty(bytes, cuts, async (text, at) => {
        const received = await exchange(Buffer.from(text.replace(/stop/gi, 'halt'), 'latin1'), at);
        for (const answer of readAnswers(received, undefined)) assertWellFormed(answer);
        await assertAlive();
      }),
      parameters(),
    );
  });

  test('nothing of all this was an unexpected exception', () => {
    const uncaught = provider.endpoint.lines.filter(({ Message }) => Message.startsWith('Uncaught:'));
    // The command `late` leaves failures behind on purpose.
    assert.deepEqual(
      uncaught
        .map(({ Message }) => Message.split('\n')[0])
        .filter((message) => !/after the answer$|null prototype/.test(message ?? '')),
      [],
    );
  });
});
