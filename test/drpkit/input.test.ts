import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { test } from 'node:test';
import { ApiStandIn } from './api-stand-in.ts';
import { Runner } from './runner.ts';

test('an object may come from a web server, and what is wrong there is said', async (t) => {
  const server = createServer((request, response) => {
    response.writeHead(request.url === '/cow.yaml' ? 200 : 500).end('Name: cow\nDescription: from afar\n');
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => server.close());
  const web = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  await using api = await ApiStandIn.open({});
  using drpkit = new Runner(api.env);
  await drpkit.text('profiles', 'create', `${web}/cow.yaml`);
  assert.deepEqual(api.taken(), [{ what: 'POST profiles', body: { Name: 'cow', Description: 'from afar' } }]);
  assert.equal(
    await drpkit.error('workflows', 'create', `${web}/pig.yaml`),
    `Error: Error opening ${web}/pig.yaml: 500 Internal Server Error`,
  );
  assert.deepEqual(api.taken(), []);
});
