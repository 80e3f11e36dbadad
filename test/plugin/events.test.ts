import assert from 'node:assert/strict';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { Client } from '../../lib/api/index.ts';
import { type RunningEndpoint, startEndpoint } from '../../lib/endpoint/index.ts';
import { cuttable } from '../support/cuttable.ts';
import { endpointRoot } from '../support/endpoint-root.ts';
import { ProviderProcess } from '../support/provider-process.ts';
import { until } from '../support/until.ts';

const listening = [process.execPath, join(import.meta.dirname, '../support/listening-plugin.ts')];

describe('a plugin with event selectors', () => {
  let root = '';
  let endpoint: RunningEndpoint;
  let client: Client;
  let provider: ProviderProcess;
  let proxy: Awaited<ReturnType<typeof cuttable>>;
  before(async () => {
    root = await endpointRoot('drp-events-');
    endpoint = await startEndpoint({ root, port: 0, staticPort: 0 });
    client = new Client({ endpoint: endpoint.url, token: endpoint.token });
    proxy = await cuttable(endpoint.url);
    provider = await ProviderProcess.start(listening, {
      env: { RS_ENDPOINT: proxy.url, RS_TOKEN: endpoint.token },
    });
  });
  after(async () => {
    await provider[Symbol.asyncDispose]();
    client.close();
    await proxy[Symbol.asyncDispose]();
    await endpoint.close();
    await rm(root, { recursive: true, force: true });
  });

  const happen = (Type: string, Action: string, Key: string) =>
    client.request({
      method: 'POST',
      path: 'events',
      json: { Time: new Date().toISOString(), Type, Action, Key },
    });
  const heard = () =>
    provider.endpoint.lines.map(({ Message }) => Message).filter((message) => message.startsWith('event '));

  const caughtUp = () =>
    provider.endpoint.lines.filter(({ Message }) => Message === 'catching up one').length;

  test('hears what its params select, in order, and what it logs about it is no event', async () => {
    assert.equal(
      (await provider.post('config', { Name: 'one', select: ['one.*.*', 'two.go.*'] })).status,
      200,
    );
    for (const index of [1, 2, 3]) await happen('one', 'go', `k${index}`);
    await happen('two', 'stay', 'unheard');
    await happen('two', 'go', 'k4');
    await until(() => heard().length === 4, 'four events');
    assert.deepEqual(heard(), ['event one.go.k1', 'event one.go.k2', 'event one.go.k3', 'event two.go.k4']);
    assert.ok(provider.endpoint.lines.find(({ Message }) => Message.startsWith('event '))?.IgnorePublish);
  });

  test('goes on after an event that its handler failed at, and logs that and where', async () => {
    await happen('one', 'fail', 'k5');
    await happen('one', 'go', 'k6');
    await until(() => heard().includes('event one.go.k6'), 'the next event');
    const failure = provider.endpoint.lines.find(({ Message }) => Message.includes('failed: no'));
    assert.equal(failure?.Level, 'error');
    assert.match(
      failure?.Message ?? '',
      /^Event one\.fail\.k5 failed: no\n.*onEvent.*listening-plugin\.ts:11\)\n/,
    );
  });

  test('changes over to other selectors when it is configured again', async () => {
    assert.equal((await provider.post('config', { select: ['three.*.*', 'two.go.*'] })).status, 200);
    await happen('one', 'go', 'unheard');
    await happen('two', 'go', 'k7');
    await happen('three', 'go', 'k8');
    await until(() => heard().includes('event three.go.k8'), 'an event of the new selector');
    assert.deepEqual(heard().slice(-2), ['event two.go.k7', 'event three.go.k8']);
  });

  test('refuses a config with a bad selector, and keeps those that it had', async () => {
    const { status, json } = await provider.post('config', { select: ['bad'] });
    assert.equal(status, 400);
    assert.match(JSON.stringify(json), /bad/);
    await happen('three', 'go', 'k9');
    await until(() => heard().includes('event three.go.k9'), 'an event of the selector before');
  });

  test('is no plugin that refuses, which would remove its provider, when the endpoint refuses it its events', async () => {
    await using refused = await ProviderProcess.start(listening, {
      env: { RS_ENDPOINT: endpoint.url, RS_TOKEN: 'zip' },
    });
    const { status, json } = await refused.post('config', { Name: 'one', select: ['one.*.*'] });
    assert.equal(status, 500);
    const { Messages, Code } = json as { Messages: string[]; Code: number };
    assert.equal(Messages[0], 'The endpoint refuses its event stream');
    assert.match(Messages[1] ?? '', /^Invalid Token/);
    assert.equal(Code, 500);
  });

  test('tells a config that waits for its selectors that it stops', async () => {
    await using unheard = await ProviderProcess.start(listening, {
      env: { RS_ENDPOINT: 'https://127.0.0.1:1' },
    });
    const configured = unheard.post('config', { Name: 'one', select: ['one.*.*'] });
    await until(
      () => unheard.endpoint.lines.some(({ Message }) => Message.startsWith('Event stream lost')),
      'the wait for an endpoint',
    );
    unheard.child.kill('SIGTERM');
    const { status, json } = await configured;
    assert.equal(status, 503);
    assert.deepEqual((json as { Messages: string[] }).Messages, ['Plugin one is stopping']);
  });

  test('catches up after each config, and when a lost stream is back', async () => {
    await until(() => caughtUp() === 2, 'two, for two configs that were accepted');
    proxy.setDown(true);
    await happen('three', 'go', 'unheard');
    proxy.setDown(false);
    await until(() => caughtUp() === 3, 'one for the gap');
    await happen('three', 'go', 'k10');
    await until(() => heard().includes('event three.go.k10'), 'an event after the gap');
    assert.ok(!heard().includes('event three.go.unheard'));
  });
});
