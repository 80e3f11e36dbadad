import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { startTestEndpoint } from 'drp-plugins/testing';

const endpoint = await startTestEndpoint({ plugin: new URL('../cmd/NAME/main.ts', import.meta.url) });
after(() => endpoint.close());

test('a machine is greeted', async () => {
  assert.equal(await endpoint.run('greet'), 'Hello, web1!');
});

test('the greeting can be chosen', async () => {
  assert.equal(await endpoint.run('greet', { 'NAME/greeting': 'Ahoy' }), 'Ahoy, web1!');
});

test('a greeting that is no text is refused', async () => {
  await assert.rejects(endpoint.run('greet', { 'NAME/greeting': 7 }), /NAME\/greeting/);
});
