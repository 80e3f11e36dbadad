import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Running } from '../endpoint/running-endpoint.ts';
import { drpkit } from './drpkit.ts';
import { Runner } from './runner.ts';

test('the session', { concurrency: 2 }, async (t) => {
  await using running = await Running.open();
  using runner = new Runner({});
  const { url, user, password = '', token } = running.endpoint;
  const name = ['info', 'get', '-F', 'text', '-H', '-J', 'id'];
  const endpoint = { RS_ENDPOINT: url };

  const good: [string, string[], Record<string, string>][] = [
    ['user and password from flags', ['-E', url, '-U', user, '-P', password], {}],
    ['a token from a flag', ['-E', url, '-T', token], {}],
    ['user and password from RS_KEY', [], { ...endpoint, RS_KEY: `${user}:${password}` }],
    ['a token from RS_TOKEN', [], { ...endpoint, RS_TOKEN: token }],
    [
      'the password of a flag before that of RS_KEY',
      ['-P', password],
      { ...endpoint, RS_KEY: `${user}:wrong` },
    ],
    ['a token before a password', ['-P', 'wrong'], { ...endpoint, RS_TOKEN: token }],
    ['a flag before RS_ENDPOINT', ['-E', url], { RS_ENDPOINT: 'https://127.0.0.1:1', RS_TOKEN: token }],
  ];
  for (const [what, flags, env] of good) {
    await t.test(`takes ${what}`, async () => {
      const { code, stdout, stderr } = await runner.run([...flags, ...name], { env });
      assert.deepEqual({ code, stderr }, { code: 0, stderr: '' });
      assert.match(stdout, /^id\t\S+\t\n\n$/);
    });
  }

  await t.test('is refused with a wrong password, and the password is not shown', async () => {
    const { code, stdout, stderr } = await drpkit([...name, '-d'], {
      env: { ...endpoint, RS_KEY: `${user}:wrong-password` },
    });
    assert.deepEqual({ code, stdout }, { code: 1, stdout: '' });
    assert.match(stderr, /^Error: Error creating Session: users: Access Denied$/m);
    assert.doesNotMatch(stderr, /wrong-password/);
    const flag = await drpkit([...name, '-P', 'wrong-password'], { env: endpoint });
    assert.match(
      flag.stderr,
      /^Error: Error creating Session: users: Access Denied\nUser and password are taken from/,
    );
    assert.doesNotMatch(flag.stderr, /wrong-password/);
  });

  await t.test('is refused with a wrong token, which is not shown', async () => {
    const { code, stderr } = await runner.run(name, { env: { ...endpoint, RS_TOKEN: 'not-a-token' } });
    assert.equal(code, 1);
    assert.match(stderr, /^Error: .*[Tt]oken/);
    assert.doesNotMatch(stderr, /not-a-token/);
  });

  await t.test('is refused when RS_KEY is not USER:PASSWORD', async () => {
    const { code, stderr } = await runner.run(name, { env: { ...endpoint, RS_KEY: 'nothing' } });
    assert.deepEqual(
      { code, stderr: /RS_KEY must be user:password/.test(stderr) },
      { code: 1, stderr: true },
    );
  });

  await t.test('is an error where nobody listens', async () => {
    const { code, stderr } = await runner.run(name, { env: { RS_ENDPOINT: 'https://127.0.0.1:1' } });
    assert.equal(code, 1);
    assert.match(stderr, /^Error: Error creating Session: .*https:\/\/127\.0\.0\.1:1: .*ECONNREFUSED/);
  });

  await t.test('is with the first of several endpoints that takes the credentials', async () => {
    const nowhere = 'https://127.0.0.1:1';
    const several = { RS_ENDPOINTS: `${nowhere} ${url}`, RS_TOKEN: token };
    const first = await runner.run(name, { env: several });
    assert.equal(first.code, 0, first.stderr);
    assert.match(first.stdout, /^id\t\S+\t\n\n$/);
    const named = await runner.run(name, { env: { ...several, RS_ENDPOINT: nowhere } });
    assert.match(named.stderr, /ECONNREFUSED/);
    const none = await runner.run(name, { env: { ...several, RS_TOKEN: 'wrong' } });
    assert.match(none.stderr, /^Error: Error creating Session: .*ECONNREFUSED.*; .*\n$/m);
    assert.equal(none.code, 1);
  });

  await t.test('shows what the endpoint says of itself, also by info alone', async () => {
    const env = { ...endpoint, RS_TOKEN: token };
    const [get, alone, check] = await Promise.all([
      runner.run(['info', 'get'], { env }),
      runner.run(['info'], { env }),
      runner.run(['info', 'check'], { env }),
    ]);
    assert.deepEqual(JSON.parse(get.stdout), await running.ok('GET', 'info'));
    assert.equal(alone.stdout, get.stdout);
    assert.equal(check.stdout, '{ "active": true }\n');
  });

  await t.test('takes formats and more from the environment', async () => {
    const env = {
      ...endpoint,
      RS_TOKEN: token,
      RS_FORMAT: 'text',
      RS_NO_HEADER: 'true',
      RS_PRINT_FIELDS: 'version',
    };
    assert.match((await runner.run(['info'], { env })).stdout, /^version\tv\S+\t\n\n$/);
    const wrong = await runner.run(['info'], { env: { ...env, RS_TRUNCATE_LENGTH: 'long' } });
    assert.equal(wrong.stderr, 'Error: truncate-length must be a whole number, not "long"\n');
  });
});
