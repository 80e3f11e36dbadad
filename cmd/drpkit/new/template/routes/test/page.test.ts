import assert from 'node:assert/strict';
import { test } from 'node:test';
import { startTestEndpoint } from 'drp-plugins/testing';

const plugin = new URL('../cmd/NAME/main.ts', import.meta.url);

test('the page and the list show machines', async () => {
  const params = { 'NAME/title': 'My <machines>' };
  await using endpoint = await startTestEndpoint({ plugin, params });
  await endpoint.machine({ Name: 'web1' });
  const page = await endpoint.routes.fetch('/');
  assert.match(page.headers.get('content-type') ?? '', /html/);
  assert.match(await page.text(), /<h1>My &#60;machines&#62;<\/h1>.*<td>web1<\/td>/s);
  assert.match(await (await endpoint.routes.fetch('/machines')).text(), /"Name":"web1"/);
  assert.equal((await endpoint.routes.fetch('/nothing')).status, 404);
});
