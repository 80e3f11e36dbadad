import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { pathToFileURL } from 'node:url';
import { startTestEndpoint } from '../../lib/testing/index.ts';

const incrementer = join(import.meta.dirname, '../../cmd/incrementer/main.ts');
const sample = pathToFileURL(join(import.meta.dirname, 'sample/main.ts'));

test('a provider from its source runs, its actions answer, its events and log lines are seen', async () => {
  const { NODE_OPTIONS: options } = process.env;
  process.env.NODE_OPTIONS = '--not-for-the-provider';
  await using endpoint = await startTestEndpoint({ plugin: incrementer });
  if (options === undefined) delete process.env.NODE_OPTIONS;
  else process.env.NODE_OPTIONS = options;
  assert.equal(endpoint.name, 'incrementer');
  assert.equal(await endpoint.run('increment'), 1);
  assert.equal(await endpoint.run('increment', { 'incrementer/step': 5 }), 6);
  assert.equal(await endpoint.run('incrstatus'), 'Running');
  const [machine] = await endpoint.api.objects('machines').list();
  assert.equal(machine?.Name, 'web1');
  const event = await endpoint.events.until('machines.update.*');
  assert.equal(event.Key, machine?.Uuid);
  assert.ok(endpoint.logs.some(({ Service }) => Service === 'incrementer'));
  const other = await endpoint.machine({ Name: 'web2' });
  assert.equal(await endpoint.run('increment', {}, other), 1);
});

test('params reach the plugin, routes answer, and what is not there is said by name', async () => {
  await using endpoint = await startTestEndpoint({
    plugin: sample,
    params: { 'sample/token': 'a secret', 'sample/word': 'hi' },
  });
  assert.equal(await endpoint.run('say'), 'hi, a secret');
  const { Params } = (await endpoint.api.objects('plugins').get('sample')) as {
    Params: Record<string, unknown>;
  };
  assert.equal(typeof Params['sample/token'], 'object');
  const answer = await endpoint.routes.fetch('/echo?x=1', {
    method: 'POST',
    body: 'text',
    headers: { 'x-own': 'yes' },
  });
  assert.equal(answer.status, 201);
  assert.deepEqual(await answer.json(), { method: 'POST', path: '/echo', body: 'text', own: 'yes' });
  await assert.rejects(endpoint.run('nothing'), /nothing is no action of the provider/);
  await assert.rejects(endpoint.events.until('a.b.c', undefined, 50), {
    code: 504,
    message: /No event a\.b\.c within 0\.05 s.*\n.*plugins\.configed\.sample/s,
  });
});

test('a plugin that refuses its config is an error with the reason and the log', async () => {
  const started = startTestEndpoint({ plugin: sample, params: { 'sample/word': 'refuse' } });
  await assert.rejects(started, { message: /The plugin sample does not run\n.*this word is refused/s });
});
