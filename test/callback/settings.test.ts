import assert from 'node:assert/strict';
import { test } from 'node:test';
import { endpointSelectors } from '../../cmd/callback/selection.ts';
import { settingsFrom } from '../../cmd/callback/settings.ts';
import { ModelError } from '../../lib/models/index.ts';

const url = 'https://hook.example.com/';

function problems(callbacks: unknown, auths: unknown = {}, more: Record<string, unknown> = {}): string[] {
  const params = { 'callback/callbacks': callbacks, 'callback/auths': auths, ...more };
  try {
    settingsFrom(params as Parameters<typeof settingsFrom>[0]);
  } catch (error) {
    assert.ok(error instanceof ModelError);
    assert.equal(error.code, 400);
    return error.messages;
  }
  return [];
}

test('fields are taken in any case, as Go takes them, and those left out have defaults', () => {
  const { callbacks, auths } = settingsFrom({
    'callback/callbacks': {
      a: { url, RETRY: 2, events: ['machines.*.*'], auth: 'x', Auths: ['y'] },
      jobfail: { Url: url },
    },
    'callback/auths': {
      x: { AuthType: 'basic', Username: 'u', Password: 'p' },
      y: { AuthType: 'json-token', Url: url, TokenField: 'token' },
    },
    'callback/secrets': { a: 'signs' },
  });
  const a = callbacks.get('a');
  assert.deepEqual(
    [a?.method, a?.retry, a?.delayMs, a?.timeoutMs, a?.auths, a?.result, a?.secret],
    ['POST', 2, 1000, 7_200_000, ['x', 'y'], 'base64', 'signs'],
  );
  const token = auths.get('y');
  assert.equal(token?.type === 'json-token' && token.method, 'GET');
  assert.deepEqual(endpointSelectors(callbacks), ['machines.*.*', 'jobs.update.*', 'jobs.save.*']);
});

test('a field that is not known is refused by its name, with the one that was meant', () => {
  assert.deepEqual(problems({ done: { Url: url, Retries: 3 } }), [
    'callback/callbacks: done.Retries: there is no such field: did you mean Retry?',
  ]);
  assert.match(problems({ done: { Url: url, Zzz: 3 } })[0] ?? '', /done\.Zzz: .*the fields are Url, Method/);
  assert.deepEqual(problems({}, { a: { AuthType: 'exec', Path: '/bin/t', Username: 'u' } }), [
    'callback/auths: a.Username: there is no such field: the fields are AuthType, Path',
  ]);
});

test('what is not as it should be is refused by field, all of it at once, and without its value', () => {
  const found = problems(
    {
      none: {},
      text: 'S3CRET',
      many: {
        Url: 'ftp://S3CRET/',
        Retry: -1,
        Delay: 'S3CRET',
        Headers: { 'X Y': 'a', Z: '{{ S3CRET', 'content-length': '7' },
        Auths: ['nobody'],
        Events: ['S3CRET'],
        JsonResponse: true,
        StringResponse: true,
        CA: 'S3CRET',
        Url2: 1,
      },
      login: { Url: 'https://user:S3CRET@host/' },
      twice: { Url: url, url },
    },
    { odd: { AuthType: 'oauth' }, exec: { AuthType: 'exec', Path: 'S3CRET' }, less: { AuthType: 'basic' } },
    { 'callback/secrets': { nobody: 'S3CRET' }, 'callback/proxy': 'S3CRET' },
  );
  const fields = found.map((problem) => problem.slice(0, problem.indexOf(':', problem.indexOf(': ') + 2)));
  assert.deepEqual(fields, [
    'callback/auths: odd.AuthType',
    'callback/auths: exec.Path',
    'callback/auths: less.Username',
    'callback/callbacks: none.Url',
    'callback/callbacks: text',
    'callback/callbacks: text.Url',
    'callback/callbacks: many.Url',
    'callback/callbacks: many.Headers',
    'callback/callbacks: many.Headers.Z',
    'callback/callbacks: many.Headers.content-length',
    'callback/callbacks: many.Retry',
    'callback/callbacks: many.Delay',
    'callback/callbacks: many.StringResponse',
    'callback/callbacks: many.CA',
    'callback/callbacks: many.Events',
    'callback/callbacks: many.Url2',
    'callback/callbacks: many.Auths',
    'callback/callbacks: login.Url',
    'callback/callbacks: twice.url',
    'callback/secrets: nobody',
    'callback/proxy: expected a URL such as http',
  ]);
  assert.deepEqual(
    found.filter((problem) => problem.includes('S3CRET') && !/Events|Headers/.test(problem)),
    [],
  );
});
