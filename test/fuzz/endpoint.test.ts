import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { patched } from '../../lib/endpoint/state/patch.ts';
import { ModelError } from '../../lib/models/index.ts';
import { type Reply, Running } from '../endpoint/running-endpoint.ts';
import { bounded, fc, parameters } from '../support/properties.ts';
import { assertModelError, assertUnpolluted, cleanly } from './expectations.ts';
import { anyText, json, jsonText, objectWith } from './texts.ts';

const POINTERS = [
  '',
  '/',
  '/a',
  '/a/0',
  '/a/-',
  '/a/b',
  '/Name',
  '/Meta',
  '/Meta/x',
  '/Params',
  '/Params/a~1b',
  '/Key',
];
const pointer = fc.oneof(
  { weight: 4, arbitrary: fc.constantFrom(...POINTERS) },
  fc.constantFrom(
    '/__proto__',
    '/__proto__/x',
    '/constructor/prototype/x',
    '/a/__proto__/x',
    '/Meta/__proto__',
    '/a/length',
    '/a/1e9',
    '/~',
    'a',
  ),
  anyText.map((text) => `/${text.slice(0, 20)}`),
);
const operation = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record(
      {
        op: fc.constantFrom('add', 'remove', 'replace', 'move', 'copy', 'test', 'ADD', '__proto__'),
        path: pointer,
        from: pointer,
        value: json(['Name', 'a']),
      },
      { requiredKeys: ['op', 'path'], noNullPrototype: true },
    ),
  },
  json(['op', 'path', 'from', 'value']),
);
const patch = fc.oneof({ weight: 9, arbitrary: fc.array(operation, { maxLength: 6 }) }, json());

/** Each makes the document twice as large. */
const doubling = (path: (line: number) => string, from: string) =>
  Array.from({ length: 60 }, (_none, line) => ({ op: 'copy', from, path: path(line) }));

/** As it came over the wire. */
const sent = (value: unknown): unknown => JSON.parse(JSON.stringify(value) ?? 'null');

test('any patch of any document applies or is refused, and changes nothing else', () => {
  const document = objectWith(['a', 'Name', 'Meta', 'Params']);
  fc.assert(
    fc.property(document, patch, (value, list) => {
      const before = sent(value);
      const whole = structuredClone(before);
      const after = bounded(() => cleanly(() => patched(before, sent(list), { type: 'PATCH' })));
      if (after instanceof ModelError) assert.ok([400, 409, 413].includes(after.code), `${after.code}`);
      assert.deepEqual(before, whole);
    }),
    parameters<[Record<string, unknown>, unknown]>([
      // Copies of copies took all memory there is.
      [{ a: 1 }, doubling((line) => `/x${line}`, '')],
      [{ a: [1, 2, 3] }, doubling(() => '/a/-', '/a')],
    ]),
  );
});

describe('the development endpoint', () => {
  let running: Running;
  before(async () => {
    running = await Running.open();
    await running.ok('POST', 'params', { Name: 'a/b', Schema: {} });
    for (const name of ['m1', 'm2', 'm3'])
      await running.ok('POST', 'machines', {
        Name: name,
        Meta: { x: name },
        Params: { 'a/b': [name, { deep: 1 }] },
      });
  });
  after(async () => running[Symbol.asyncDispose]());

  /** Checks that a reply does not tell of an unexpected failure. */
  function assertAnswer({ status, text, json: body }: Reply): void {
    assert.ok(status < 500, `${status} ${text.slice(0, 300)}`);
    if (status >= 400 && text !== '') assertModelError(body);
    assertUnpolluted();
  }

  test('any query of a list is answered or refused', async () => {
    const name = fc.oneof(
      {
        weight: 3,
        arbitrary: fc.constantFrom(
          'Name',
          'Uuid',
          'Valid',
          'Available',
          'a/b',
          'Params',
          'Profiles',
          'Meta.x',
          'Key',
          'sort',
          'limit',
          'offset',
          'reverse',
          'slim',
          'params',
          'decode',
          'aggregate',
        ),
      },
      fc.constantFrom(
        '__proto__',
        'constructor',
        'Meta.__proto__',
        'Meta.constructor',
        'toString',
        'Object',
        '',
      ),
      anyText.map((text) => text.slice(0, 30)),
    );
    const operand = fc.oneof(
      fc.constantFrom(
        'm1',
        'm1,m2',
        '',
        ',',
        'true',
        '1e999',
        '-1',
        '99999999999999999999',
        '(',
        '(a+)+$',
        '[',
        '\\',
        '{"a":',
        'Name',
        '__proto__',
        'a/b',
      ),
      fc.constantFrom(`${'['.repeat(3_000)}${']'.repeat(3_000)}`, '{"toString":1}', '[[1]]', 'null'),
      anyText.map((text) => text.slice(0, 50)),
    );
    const operator = fc.constantFrom(
      '',
      'Eq',
      'Ne',
      'Lt',
      'Lte',
      'Gt',
      'Gte',
      'In',
      'Nin',
      'Between',
      'Except',
      'Re',
      'Constructor',
      'toString',
    );
    const filter = fc
      .tuple(name, operator, operand)
      .map(([key, how, what]): [string, string] => [key, how === '' ? what : `${how}(${what})`]);
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom('machines', 'params', 'profiles', 'users', 'jobs'),
        fc.array(filter, { minLength: 1, maxLength: 4 }),
        async (prefix, filters) => {
          const query = new URLSearchParams(
            filters.map(([key, value]): [string, string] => [key.toWellFormed(), value.toWellFormed()]),
          );
          const reply = await running.call('GET', `${prefix}?${query}`);
          assertAnswer(reply);
          if (reply.status === 200) assert.ok(Array.isArray(reply.json));
          const [first] = filters;
          if (first !== undefined)
            assertAnswer(
              await running.call('GET', `indexes/${prefix}/${encodeURIComponent(first[0].toWellFormed())}`),
            );
        },
      ),
      parameters(),
    );
  });

  test('any address and method is answered or refused', async () => {
    const segment = fc.oneof(
      fc.constantFrom(
        'machines',
        'Name:m1',
        'params',
        'a',
        'b',
        'actions',
        'files',
        'isos',
        'contents',
        'plugin_providers',
        'plugins',
        'meta',
        'system',
        'indexes',
        'pubkey',
        'users',
        'logs',
        'events',
        'ws',
      ),
      fc.constantFrom(
        '..',
        '.',
        '',
        '%',
        '%zz',
        '%2e%2e',
        '%2F',
        '%00',
        '__proto__',
        'constructor',
        '*',
        ':',
        'x'.repeat(300),
      ),
      anyText.map((text) => encodeURIComponent(text.slice(0, 10).toWellFormed())),
    );
    const methods = fc.constantFrom('GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'OPTIONS');
    await fc.assert(
      fc.asyncProperty(
        methods,
        fc.array(segment, { maxLength: 5 }),
        jsonText(['Name', 'Key', 'Params']),
        async (method, segments, body) => {
          const path = segments.join('/');
          const sends = method !== 'GET' && method !== 'HEAD';
          const reply = await running.call(method, path, sends ? { body: body.toWellFormed() } : {});
          // It has no plugins to hand an action or an upload to.
          if (reply.status === 501 || reply.status === 503) assertModelError(reply.json);
          else assertAnswer(reply);
        },
      ),
      parameters(),
    );
  });

  test('any object, and any patch of one, is taken or refused, and the objects stay readable', async () => {
    const FIELDS = [
      'Name',
      'Meta',
      'Params',
      'Profiles',
      'Description',
      'Schema',
      'Uuid',
      'Tasks',
      'Stages',
      'Key',
      'Secure',
      'ID',
      'Validated',
      'HardwareAddrs',
      'Provider',
      'Arch',
      'Stage',
      'meta',
      'sections',
      'profiles',
    ];
    const [machine] = await running.list('machines');
    const target = `machines/${machine?.Uuid}`;
    const body = fc.oneof(
      objectWith(FIELDS).map((value) => JSON.stringify(value)),
      jsonText(FIELDS),
    );
    const patchText = fc.oneof(
      { weight: 5, arbitrary: patch.map((value) => JSON.stringify(value) ?? '') },
      jsonText(['op']),
    );
    const call = fc.oneof(
      fc.tuple(
        fc.constant('POST'),
        fc.constantFrom(
          'machines',
          'params',
          'profiles',
          'tasks',
          'templates',
          'workflows',
          'plugins',
          'users',
          'events',
          'contents',
        ),
        body,
      ),
      fc.tuple(
        fc.constantFrom('PUT', 'POST'),
        fc.constantFrom(
          target,
          `${target}/params`,
          `${target}/params/a/b`,
          'profiles/global',
          'profiles/global/params',
        ),
        body,
      ),
      fc.tuple(
        fc.constant('PATCH'),
        fc.constantFrom(target, `${target}/params`, `meta/${target}`, 'profiles/global', 'params/a/b'),
        patchText,
      ),
    );
    await fc.assert(
      fc.asyncProperty(call, async ([method, path, content]) => {
        assertAnswer(await running.call(method, path, { body: content.toWellFormed() }));
        const reply = await running.call('GET', target);
        assert.equal(reply.status, 200, reply.text);
        assert.equal(typeof (reply.json as { Name: unknown }).Name, 'string');
      }),
      parameters<[[string, string, string]]>([
        // A text was made of what has none.
        [['POST', 'machines', '{"Name":"odd","HardwareAddrs":[{"toString":1,"valueOf":1}]}']],
        [['PATCH', target, JSON.stringify(doubling((line) => `/Params/x${line}`, '/Params'))]],
        [['POST', 'profiles', `{"Name":"deep","Params":{"a":${'['.repeat(60_000)}${']'.repeat(60_000)}}}`]],
        [
          [
            'PATCH',
            target,
            `[{"op":"add","path":"/Params/a","value":${'['.repeat(60_000)}${']'.repeat(60_000)}}]`,
          ],
        ],
      ]),
    );
    assert.equal((await running.call('GET', 'machines?params=a/b')).status, 200);
  });
});
