import assert from 'node:assert/strict';
import { scryptSync } from 'node:crypto';
import { test } from 'node:test';
import { Running } from '../endpoint/running-endpoint.ts';
import { drpkit } from './drpkit.ts';
import { Runner } from './runner.ts';

test('users', async (t) => {
  await using running = await Running.open();
  const { url, token } = running.endpoint;
  const env = { RS_ENDPOINT: url, RS_TOKEN: token };
  using runner = new Runner(env);
  await running.ok('POST', 'users', { Name: 'bessie' });
  const who = ['users', 'show', 'bessie', '-F', 'text', '-H', '-J', 'Name'];

  await t.test('get passwords, which they can then log in with; also from stdin', async () => {
    const first = await runner.json('users', 'password', 'bessie', 'milk');
    assert.equal((first as { Name: string }).Name, 'bessie');
    assert.equal(
      (await drpkit([...who, '-U', 'bessie', '-P', 'milk'], { env: { RS_ENDPOINT: url } })).code,
      0,
    );
    const second = await drpkit(['users', 'password', 'bessie', '-'], { env, input: 'honey\n' });
    assert.equal(second.code, 0, second.stderr);
    assert.equal(
      (await drpkit([...who, '-U', 'bessie', '-P', 'honey'], { env: { RS_ENDPOINT: url } })).code,
      0,
    );
  });

  await t.test('get tokens, which act for them for a while', async () => {
    const { Token } = (await runner.json('users', 'token', 'bessie', 'ttl', '600')) as { Token: string };
    assert.equal(
      (await drpkit(who, { env: { RS_ENDPOINT: url, RS_TOKEN: Token } })).stdout,
      'Name\tbessie\t\n\n',
    );
    assert.match(await runner.error('users', 'token', 'bessie', 'milk', '1'), /does not support milk$/);
    assert.match(await runner.error('users', 'token', 'bessie', 'ttl'), /needs at least 1 and pairs arg$/);
    assert.match(await runner.error('users', 'token', 'bessie', 'ttl', 'soon'), /^Error: .*soon/);
  });

  await t.test('hashes of passwords are made without an endpoint', async () => {
    const { code, stdout } = await drpkit(['users', 'passwordhash', '-'], { input: 'milk' });
    assert.equal(code, 0);
    const [N, r, p, salt = '', hash = ''] = stdout.trim().split('$');
    assert.deepEqual([N, r, p], ['16384', '8', '1']);
    const expected = scryptSync('milk', Buffer.from(salt, 'hex'), 32, { N: 16_384, r: 8, p: 1 });
    assert.equal(hash, expected.toString('hex'));
  });
});
