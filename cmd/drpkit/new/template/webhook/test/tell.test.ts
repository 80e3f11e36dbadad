import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { json } from 'node:stream/consumers';
import { test } from 'node:test';
import { startTestEndpoint } from 'drp-plugins/testing';

test('the service is told of a new machine', async () => {
  await using service = createServer().listen(0, '127.0.0.1');
  await once(service, 'listening');
  const { port } = service.address() as { port: number };
  const plugin = new URL('../cmd/NAME/main.ts', import.meta.url);
  const params = { 'NAME/url': `http://127.0.0.1:${port}/`, 'NAME/token': 's3cret' };
  await using endpoint = await startTestEndpoint({ plugin, params });
  const [[request, response], { Uuid }] = await Promise.all([once(service, 'request'), endpoint.machine()]);
  assert.equal(request.headers.authorization, 'Bearer s3cret');
  assert.deepEqual(await json(request), { what: 'create', machine: Uuid });
  response.end();
});
