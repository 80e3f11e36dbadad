import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { inspectorFiles } from '../../lib/inspector/index.ts';
import { Running } from './running-endpoint.ts';

describe('the inspector is a page of the endpoint', () => {
  let endpoint: Running;
  before(async () => {
    endpoint = await Running.open();
  });
  after(() => endpoint[Symbol.asyncDispose]());

  const get = (path: string, headers: Record<string, string> = {}, method = 'GET') =>
    endpoint.call(method, path, { base: '/', authorization: null, headers });

  test('its files are there without a login, and may load nothing of elsewhere', async () => {
    for (const [name, { type, body }] of Object.entries(inspectorFiles)) {
      const { status, headers, text } = await get(`ui/${name}`);
      assert.equal(status, 200);
      assert.equal(text, body);
      assert.equal(headers['content-type'], type);
      const policy = String(headers['content-security-policy']);
      assert.match(policy, /^default-src 'none'; script-src 'self'; style-src 'self';/);
      assert.doesNotMatch(policy, /unsafe|https?:|\*/);
      assert.equal(headers['x-content-type-options'], 'nosniff');
      assert.equal(headers['cross-origin-resource-policy'], 'same-origin');
    }
    assert.match((await get('ui/')).text, /<script type="module" src="app.js">/);
  });

  test('/ui leads to it', async () => {
    const { status, headers } = await get('ui?x=1');
    assert.equal(status, 308);
    assert.equal(headers.location, '/ui/');
  });

  test('a browser that has a file already is not sent it again', async () => {
    const { headers } = await get('ui/app.js');
    const again = await get('ui/app.js', { 'if-none-match': `"other", ${headers.etag}` });
    assert.equal(again.status, 304);
    assert.equal(again.text, '');
    assert.equal((await get('ui/app.js', { 'if-none-match': '"other"' })).status, 200);
  });

  test('files are packed for those who take that', async () => {
    const encoding = async (accepted: string) =>
      (await get('ui/app.js', { 'accept-encoding': accepted }, 'HEAD')).headers['content-encoding'];
    assert.equal(await encoding('gzip, deflate, br'), 'gzip');
    assert.equal(await encoding('br;q=1.0, gzip;q=0.5'), 'gzip');
    assert.equal(await encoding('gzip;q=0'), undefined);
    assert.equal(await encoding('identity'), undefined);
  });

  test('other paths and methods are refused', async () => {
    assert.equal((await get('ui/other.js')).status, 404);
    assert.equal((await get('ui/..%2f..%2fetc/passwd')).status, 404);
    assert.equal((await get('ui/__proto__')).status, 404);
    assert.equal((await get('ui/', {}, 'POST')).status, 405);
    assert.equal((await get('uix')).status, 401);
    assert.equal((await get('ui/api/plugins')).status, 401);
  });
});
