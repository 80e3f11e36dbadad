import { once } from 'node:events';
import { createServer } from 'node:http';
import { test } from 'node:test';
import { startTestEndpoint } from 'drp-plugins/testing';

const plugin = new URL('../cmd/NAME/main.ts', import.meta.url);

test('a service that ends is noticed after a minute', async () => {
  const service = createServer((_request, response) => response.end()).listen(0, '127.0.0.1');
  await once(service, 'listening');
  const url = `http://127.0.0.1:${(service.address() as { port: number }).port}/`;
  const params = { 'NAME/url': url };
  await using endpoint = await startTestEndpoint({ plugin, params, clock: 'stopped' });
  await endpoint.events.until('NAME.up.*');
  await service[Symbol.asyncDispose]();
  await endpoint.clock.advance(60_000);
  await endpoint.events.until('NAME.down.*');
});
