import assert from 'node:assert/strict';
import { test } from 'node:test';
import { and, equal, not, or } from '../../lib/api/index.ts';
import { TestEndpoint, until } from './test-endpoint.ts';

const missing = { Model: 'machines', Key: 'k', Type: 'GET', Messages: ['Not Found'], Code: 404 };

/** Serves one machine, whose fields the test changes. */
async function machineEndpoint() {
  const machine: Record<string, unknown> = { Uuid: 'k', Name: 'm', Stage: 'none', Runnable: false };
  const endpoint = await TestEndpoint.start(() => ({ body: machine }));
  const registered = () => until(() => endpoint.frames.length >= 3);
  const change = (fields: Record<string, unknown>) => {
    Object.assign(machine, fields);
    endpoint.publish({ Type: 'machines', Action: 'update', Key: 'k', Object: { ...machine } });
  };
  return { endpoint, machine, registered, change };
}

test('tests combine', () => {
  const object = { a: 1, list: [1, { b: 2 }], none: null };
  assert.ok(equal('a', 1)(object));
  assert.ok(equal('list', [1, { b: 2 }])(object));
  assert.ok(equal('none', null)(object));
  assert.ok(!equal('a', '1')(object));
  assert.ok(!equal('absent', undefined)(object));
  assert.ok(!equal('toString', Object.prototype.toString)(object));
  assert.ok(and(equal('a', 1), not(equal('a', 2)))(object));
  assert.ok(!and(equal('a', 1), equal('a', 2))(object));
  assert.ok(or(equal('a', 2), equal('a', 1))(object));
  assert.ok(!or()(object) && and()(object));
});

test('what holds already needs no event stream', async () => {
  const { endpoint: served } = await machineEndpoint();
  await using endpoint = served;
  assert.equal(
    await endpoint.client().waitFor('machines', 'k', equal('Stage', 'none'), { timeout: 30_000 }),
    'complete',
  );
  assert.equal(endpoint.requests.length, 1);
});

test('an event completes the wait', async () => {
  const { endpoint: served, registered, change } = await machineEndpoint();
  await using endpoint = served;
  const client = endpoint.client();
  const waiting = client.waitFor('machines', 'Name:m', equal('Stage', 'done'), { timeout: 30_000 });
  await registered();
  change({ Runnable: true });
  change({ Stage: 'done' });
  assert.equal(await waiting, 'complete');
  await until(() => endpoint.listening.size === 0);
  assert.deepEqual(endpoint.frames.filter((frame) => frame.startsWith('register')).sort(), [
    'register machines.delete.k',
    'register machines.save.k',
    'register machines.update.k',
  ]);
});

test('a change that was missed while the connection was lost is found', async () => {
  const { endpoint: served, machine, registered } = await machineEndpoint();
  await using endpoint = served;
  const waiting = endpoint.client().waitFor('machines', 'k', equal('Stage', 'done'), { timeout: 30_000 });
  await registered();
  // The object is asked for once more after the registration.
  await until(() => endpoint.requests.filter(({ url }) => url.endsWith('machines/k')).length >= 2);
  machine.Stage = 'done';
  endpoint.cut();
  assert.equal(await waiting, 'complete');
});

test('time up is a timeout, an aborted signal an interrupt, and a closed client an error', async () => {
  const { endpoint: served, registered } = await machineEndpoint();
  await using endpoint = served;
  const never = equal('Stage', 'never');
  assert.equal(await endpoint.client().waitFor('machines', 'k', never, { timeout: 60 }), 'timeout');
  const controller = new AbortController();
  const { signal } = controller;
  endpoint.frames.length = 0;
  const waiting = endpoint.client().waitFor('machines', 'k', never, { timeout: 30_000, signal });
  await registered();
  controller.abort();
  assert.equal(await waiting, 'interrupt');
  assert.equal(
    await endpoint.client().waitFor('machines', 'k', never, { timeout: 30_000, signal }),
    'interrupt',
  );
  endpoint.frames.length = 0;
  const client = endpoint.client();
  const other = client.waitFor('machines', 'k', never, { timeout: 30_000 });
  await registered();
  client.close();
  await assert.rejects(other, /is closed/);
});

test('an object that is not there, or is deleted, is an error', async () => {
  const { endpoint: served, registered } = await machineEndpoint();
  await using endpoint = served;
  const never = equal('Stage', 'never');
  const waiting = endpoint.client().waitFor('machines', 'k', never, { timeout: 30_000 });
  await registered();
  endpoint.publish({ Type: 'machines', Action: 'delete', Key: 'k' });
  await assert.rejects(waiting, { code: 404, key: 'k' });
  endpoint.handler = () => ({ status: 404, body: missing });
  await assert.rejects(endpoint.client().waitFor('machines', 'k', never, { timeout: 30_000 }), { code: 404 });
});

test('a test that throws ends the wait with its error', async () => {
  const { endpoint: served } = await machineEndpoint();
  await using endpoint = served;
  const broken = () => {
    throw new Error('broken test');
  };
  await assert.rejects(
    endpoint.client().waitFor('machines', 'k', broken, { timeout: 30_000 }),
    /broken test/,
  );
});
