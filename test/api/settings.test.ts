import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { test } from 'node:test';
import { promisify } from 'node:util';
import { Client, optionsFromEnvironment } from '../../lib/api/index.ts';
import { ModelError } from '../../lib/models/index.ts';

test('the environment of a plugin names the endpoint and the session', () => {
  assert.deepEqual(
    optionsFromEnvironment({
      RS_ENDPOINT: 'https://10.0.0.1:8092',
      RS_TOKEN: 't',
      RS_KEY: 'rocketskates:with:colons',
      RS_CA_CERT: '/ca.pem',
      RS_INSECURE: 'TRUE',
      RS_LOCAL_PROXY: '/proxy',
      RS_URL_PROXY: 'other',
    }),
    {
      endpoint: 'https://10.0.0.1:8092',
      token: 't',
      user: 'rocketskates',
      password: 'with:colons',
      ca: '/ca.pem',
      insecure: true,
      localProxy: '/proxy',
      urlProxy: 'other',
    },
  );
});

test('an empty environment means the endpoint on this machine', () => {
  assert.equal(Client.fromEnvironment({}).endpoint, 'https://127.0.0.1:8092');
  assert.equal(Client.fromEnvironment({ RS_ENDPOINT: '', RS_KEY: '' }).endpoint, 'https://127.0.0.1:8092');
});

test('a bad variable is refused by its name, without its value when that may be a secret', () => {
  const cases = {
    RS_ENDPOINT: ['nonsense', 'ftp://x', 'https://user:geheim@x', 'https://x/?token=geheim'],
    RS_KEY: ['geheim', ':geheim', 'geheim:'],
  };
  for (const [name, values] of Object.entries(cases)) {
    for (const value of values) {
      assert.throws(
        () => Client.fromEnvironment({ [name]: value }),
        (error: unknown) => {
          assert.ok(error instanceof ModelError);
          assert.equal(error.code, 400);
          assert.match(error.message, new RegExp(name));
          assert.doesNotMatch(error.message, /geheim/);
          return true;
        },
      );
    }
  }
});

test('making a client loads no library', async () => {
  const lib = new URL('../../lib/api/index.ts', import.meta.url).href;
  const script = `
    import { registerHooks } from 'node:module';
    const loaded = [];
    registerHooks({ load: (url, context, next) => { loaded.push(url); return next(url, context); } });
    const { Client } = await import(${JSON.stringify(lib)});
    new Client({ token: 't' }).events().close();
    console.log(loaded.filter((url) => /node_modules|node:(https?|tls|net|crypto)$/.test(url)).join());`;
  const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '-e', script]);
  assert.equal(stdout.trim(), '');
});
