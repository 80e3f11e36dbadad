import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { Running } from '../endpoint/running-endpoint.ts';
import { fc, parameters } from '../support/properties.ts';
import { assertModelError, assertUnpolluted } from './expectations.ts';
import { anyText, json, jsonText } from './texts.ts';

const EVENT = ['Type', 'Action', 'Key', 'Time', 'Principal', 'Object', 'Original'];
const text = anyText.map((any) => encodeURIComponent(any.slice(0, 20).toWellFormed()));

describe("the inspector's part of the endpoint answers or refuses", () => {
  let running: Running;
  before(async () => {
    running = await Running.open({ providers: { cow: '../endpoint/cow-provider.ts' } });
    // Its provider is missing: to start it takes no time.
    await running.ok('POST', 'plugins', { Name: 'orphan', Provider: 'gone' });
  });
  after(() => running[Symbol.asyncDispose]());

  async function answered(method: string, path: string, body?: unknown): Promise<number> {
    const reply = await running.call(method, path, { base: '/ui/', body });
    // The plugin's own words at an event are no failure of the endpoint.
    assert.ok(reply.status < 500 || reply.status === 503, `${reply.status} ${reply.text.slice(0, 300)}`);
    if (reply.status >= 400 && reply.text !== '' && method !== 'HEAD') assertModelError(reply.json);
    assertUnpolluted();
    return reply.status;
  }

  test('any address and method', async () => {
    const segment = fc.oneof(
      fc.constantFrom('plugins', 'orphan', 'start', 'stop', 'restart', 'publish', 'traffic', 'api', 'app.js'),
      fc.constantFrom('..', '.', '', '%', '%zz', '%2e%2e', '%2F', '%00', '__proto__', 'constructor', '*'),
      text,
    );
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom('GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'),
        fc.array(segment, { maxLength: 4 }),
        fc.constantFrom('api/', 'api/plugins/', 'api/plugins/orphan/', ''),
        jsonText(EVENT),
        async (method, segments, begin, body) => {
          const sends = method !== 'GET' && method !== 'HEAD';
          await answered(method, `${begin}${segments.join('/')}`, sends ? body.toWellFormed() : undefined);
        },
      ),
      parameters(),
    );
  });

  test('any event that is to be replayed', async () => {
    const event = fc.record(
      {
        Type: fc.oneof(fc.constantFrom('machines', 'plugins', ''), anyText),
        Action: fc.oneof(fc.constantFrom('update', 'create'), anyText),
        Key: anyText,
        Time: json(),
        Principal: json(),
        Object: json(['Params', 'Name']),
        Original: json(),
      },
      { requiredKeys: ['Type', 'Action', 'Key'], noNullPrototype: true },
    );
    const body = fc.oneof(
      { weight: 3, arbitrary: event },
      json(EVENT),
      jsonText(EVENT).map((any) => any.toWellFormed()),
    );
    await fc.assert(
      fc.asyncProperty(fc.constantFrom('cow', 'orphan'), body, async (name, given) => {
        await answered('POST', `api/plugins/${name}/publish`, given);
      }),
      parameters(),
    );
  });

  test('any part of the traffic', async () => {
    const value = fc.oneof(
      fc.constantFrom(
        '0',
        '1',
        '-1',
        '1e3',
        '0.5',
        '99999999999999999999',
        'NaN',
        'Infinity',
        '0x10',
        ' 1',
        '',
      ),
      fc.nat(1000).map(String),
      text,
    );
    await fc.assert(
      fc.asyncProperty(
        value,
        fc.oneof(fc.constantFrom('0', '0.001', '-1', '26', 'x'), text),
        async (from, wait) => {
          await answered('GET', `api/plugins/cow/traffic?after=${from}&wait=${wait}`);
        },
      ),
      parameters(),
    );
    assert.equal(await answered('GET', 'api/plugins/cow/traffic?after=0'), 200);
    assert.equal(await answered('GET', 'api/plugins'), 200);
  });
});
