import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Mask } from '../../cmd/slack/mask.ts';
import { fc } from '../support/properties.ts';

const mask = new Mask((param) => param === 'site/hidden' || param === 'ipmi/configure/key', ['xo-own-key']);

test('sealed values are masked wherever they are', () => {
  const sealed = { Key: 'a', Nonce: 'b', Payload: 'c' };
  assert.deepEqual(mask.value({ Params: { 'any/param': sealed }, list: [[sealed]] }), {
    Params: { 'any/param': '***' },
    list: [['***']],
  });
});

test('params whose schemas say that they are secret are masked, of whatever type, in whatever object', () => {
  assert.deepEqual(
    mask.value({
      Model: { Params: { 'site/hidden': { user: 'u' }, 'site/shown': 1 } },
      'site/hidden': [1, 2],
    }),
    { Model: { Params: { 'site/hidden': '***', 'site/shown': 1 } }, 'site/hidden': '***' },
  );
});

test('values of keys that are named like secrets are masked, except empty ones and booleans', () => {
  assert.deepEqual(
    mask.value({
      Secret: 'abc',
      PasswordHash: 'x',
      Token: { a: 1 },
      'slack/bot-key': 'k',
      api_key: 12,
      'aws/access-key': 'k',
      authorization: 'Bearer x',
      'ipmi/configure/generate-random-password': true,
      password: '',
      secret: null,
      Name: 'shown',
    }),
    {
      Secret: '***',
      PasswordHash: '***',
      Token: '***',
      'slack/bot-key': '***',
      api_key: '***',
      'aws/access-key': '***',
      authorization: '***',
      'ipmi/configure/generate-random-password': true,
      password: '',
      secret: null,
      Name: 'shown',
    },
  );
});

test('a value is masked that another field names as secret: in a param and in a patch', () => {
  assert.deepEqual(
    mask.value([
      { Name: 'ipmi/configure/password', Secure: true, Schema: { type: 'string', default: 'cr0wBar!' } },
      { Name: 'whatever', Secure: true, Schema: { default: 'x' } },
      { op: 'add', path: '/Params/site~1hidden', value: 'x' },
      { op: 'add', path: '/Params/site~1shown', value: 'x' },
      { Name: 'site/hidden', Value: 'x' },
    ]),
    [
      { Name: 'ipmi/configure/password', Secure: true, Schema: '***' },
      { Name: 'whatever', Secure: true, Schema: '***' },
      { op: 'add', path: '/Params/site~1hidden', value: '***' },
      { op: 'add', path: '/Params/site~1shown', value: 'x' },
      { Name: 'site/hidden', Value: '***' },
    ],
  );
});

test('secrets within texts are masked, and what is around them is left', () => {
  const texts = {
    'login with password=hunter2, then': 'login with password=***, then',
    '{"password": "hun ter2", "a": 1}': '{"password": ***, "a": 1}',
    '{\\"bot-key\\":\\"hun ter2\\",\\"a\\":1}': '{\\"bot-key\\":***,\\"a\\":1}',
    "RS_TOKEN='abc def' drpcli": 'RS_TOKEN=*** drpcli',
    'curl -H "Authorization: Bearer ey.J0-x_y=" https://a': 'curl -H "Authorization: *** ***" https://a',
    'sent Bearer eyJ0.x-y': 'sent Bearer ***',
    'https://user:hunter2@host/path': 'https://user:***@host/path',
    'key xoxb-12-34-abc was refused': 'key *** was refused',
    'it is xo-own-key.': 'it is ***.',
    'a -----BEGIN RSA PRIVATE KEY-----\nMIIE\n-----END RSA PRIVATE KEY----- b': 'a *** b',
    'no secrets here: machines/x is up': 'no secrets here: machines/x is up',
  };
  for (const [text, masked] of Object.entries(texts)) {
    if (text.startsWith('curl')) assert.ok(!mask.text(text).includes('ey.J0'), mask.text(text));
    else assert.equal(mask.text(text), masked);
    assert.equal(mask.value(text), mask.text(text));
  }
});

test('no secret comes through, however it is nested', () => {
  const secret = 'S3CRET-VALUE';
  const inner = fc.constantFrom<unknown>(
    { password: secret },
    { 'site/hidden': secret },
    { Key: secret, Nonce: secret, Payload: secret },
    `token: ${secret}`,
    { Params: { 'ipmi/password': { deep: [secret] } } },
  );
  const { tree } = fc.letrec((tie) => ({
    tree: fc.oneof(
      { maxDepth: 5 },
      inner,
      fc.array(tie('tree'), { maxLength: 3 }),
      fc.dictionary(fc.string({ maxLength: 8 }), tie('tree'), { maxKeys: 3 }),
    ),
  }));
  fc.assert(
    fc.property(tree, (value) => {
      assert.ok(!JSON.stringify(mask.value(value)).includes(secret));
    }),
    { numRuns: 300 },
  );
});

test('JSON without secrets stays as it is, and without end is cut', () => {
  const value = { a: [1, 'b', null, true, { c: {} }], d: 1.5 };
  assert.deepEqual(mask.value(value), value);
  let deep: unknown = 'bottom';
  for (let depth = 0; depth < 5000; depth += 1) deep = [deep];
  assert.ok(JSON.stringify(mask.value(deep)).includes('***'));
});
