import assert from 'node:assert/strict';
import { test } from 'node:test';
import { load } from 'js-yaml';
import plugin from '../../cmd/packet-ipmi/plugin.ts';
import { settingsFrom } from '../../cmd/packet-ipmi/settings.ts';
import { contentYamlString } from '../../content/packet-ipmi.generated.ts';

const key = { 'packet/api-key': 'k' };

test('settings that are not made are the defaults of the content pack', () => {
  type Schemas = Record<string, { Schema: { default?: unknown } }>;
  const { params } = (load(contentYamlString) as { sections: { params: Schemas } }).sections;
  const fallback = (name: string) => params[name]?.Schema.default;
  assert.deepEqual(settingsFrom(key), {
    key: 'k',
    url: fallback('packet/api-url'),
    project: undefined,
    importExisting: false,
    readyTimeoutMs: 15 * 60_000,
    pollMs: 5000,
    orderMs: 30_000,
    settleMs: 40_000,
  });
  assert.equal(fallback('packet/ready-timeout'), 15 * 60);
  assert.equal(fallback('packet/poll-interval'), 5);
});

for (const [what, params, message] of [
  ['no key', {}, /packet\/api-key: not set/],
  ['an empty key', { 'packet/api-key': '' }, /packet\/api-key: not set/],
  [
    'a key of two lines',
    { 'packet/api-key': 's3cr3t\nx' },
    /^(?!.*s3cr3t).*packet\/api-key: has characters/s,
  ],
  ['a URL of another kind', { ...key, 'packet/api-url': 'ftp://x/' }, /packet\/api-url: expected a URL/],
  ['what is no URL', { ...key, 'packet/api-url': 'x' }, /packet\/api-url: expected a URL/],
  [
    'a URL with a password',
    { ...key, 'packet/api-url': 'http://u:s3cr3t@x/' },
    /^(?!.*s3cr3t).*must not hold/s,
  ],
] as const) {
  test(`${what} is refused by the name of the param`, () => {
    assert.throws(() => settingsFrom(params), { code: 400, message });
  });
}

test('a slash at the end of the URL makes no difference', () => {
  assert.equal(settingsFrom({ ...key, 'packet/api-url': 'http://x/v1//' }).url, 'http://x/v1');
});

test('blanks and ends of lines around the settings make no difference', () => {
  const params = {
    'packet/api-key': 'k\n',
    'packet/api-url': ' http://x/v1 ',
    'packet/project-id': ' p-1\n',
  };
  const { key, url, project } = settingsFrom(params);
  assert.deepEqual({ key, url, project }, { key: 'k', url: 'http://x/v1', project: 'p-1' });
});

test('a poll interval of more than an hour is an hour', () => {
  assert.equal(settingsFrom({ ...key, 'packet/poll-interval': 36_000 }).pollMs, 3_600_000);
});

test('what is declared for the plugin comes before what is added to it', () => {
  const { RequiredParams, OptionalParams, AvailableActions } = plugin.definition;
  assert.deepEqual(RequiredParams, ['packet/api-key']);
  assert.deepEqual(OptionalParams?.slice(0, 2), ['packet/project-id', 'packet/import-existing']);
  assert.deepEqual(
    AvailableActions?.map(({ Model, Command }) => `${Model} ${Command}`),
    [
      ...['createVm', 'startVm', 'stopVm', 'destroyVm'].map((command) => `plugins ${command}`),
      ...['poweron', 'poweroff', 'powercycle', 'nextbootpxe', 'nextbootdisk', 'updatepxe'].map(
        (command) => `machines ${command}`,
      ),
    ],
  );
});
