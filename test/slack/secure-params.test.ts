import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SecureParams } from '../../cmd/slack/secure-params.ts';
import type { Client } from '../../lib/api/index.ts';
import type { Logger } from '../../lib/plugin/index.ts';
import { event } from './event.ts';

const { signal } = new AbortController();

/** An endpoint with params, or with an error in their place. */
function endpointWith(...names: string[]) {
  const endpoint = { names, error: undefined as Error | undefined, lists: 0, warnings: [] as string[] };
  const list = async () => {
    endpoint.lists += 1;
    if (endpoint.error) throw endpoint.error;
    return [...endpoint.names.map((Name) => ({ Name, Secure: true })), { Name: 'site/open', Secure: false }];
  };
  const log = { warn: (message: string) => endpoint.warnings.push(message) } as unknown as Logger;
  return { endpoint, secure: new SecureParams({ objects: () => ({ list }) } as unknown as Client), log };
}

test('the params that are secret are those which the endpoint says are', async () => {
  const { secure } = endpointWith('site/a');
  await secure.read(signal);
  assert.deepEqual(
    ['site/a', 'site/open', 'site/other'].map((name) => secure.has(name)),
    [true, false, false],
  );
});

test('a param that becomes secret is so at once', async () => {
  const { secure } = endpointWith();
  await secure.read(signal);
  secure.notice(event('params.create.site/b', { Object: { Name: 'site/b', Secure: true } }));
  secure.notice(event('params.create.site/c', { Object: { Name: 'site/c', Secure: false } }));
  assert.deepEqual([secure.has('site/b'), secure.has('site/c')], [true, false]);
});

test('the list is read again after a change of content, and only then', async () => {
  const { endpoint, secure, log } = endpointWith('site/a');
  await secure.read(signal);
  for (let count = 0; count < 3; count += 1) await secure.refresh(signal, log);
  // Once for what may have changed before the listener was there.
  assert.equal(endpoint.lists, 2);
  for (const selector of ['contents.update.pack', 'plugin_providers.create.p', 'machines.create.m']) {
    endpoint.names = [selector];
    secure.notice(event(selector));
    await secure.refresh(signal, log);
  }
  assert.equal(endpoint.lists, 4);
  assert.ok(secure.has('plugin_providers.create.p'));
});

test('while the list cannot be read all params are secret, and the endpoint is not asked all the time', async () => {
  const { endpoint, secure, log } = endpointWith('site/a');
  await secure.read(signal);
  endpoint.error = new Error('no luck');
  for (let count = 0; count < 3; count += 1) await secure.refresh(signal, log);
  assert.equal(endpoint.lists, 2);
  assert.deepEqual(endpoint.warnings, [
    'Which params are secret cannot be asked, so all are masked: no luck',
  ]);
  assert.deepEqual(
    ['site/a', 'site/open', 'Name'].map((name) => secure.has(name)),
    [true, true, false],
  );
  await assert.rejects(secure.read(signal), /no luck/);
});
