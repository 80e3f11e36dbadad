import assert from 'node:assert/strict';
import { join } from 'node:path';
import { afterEach, beforeEach, suite, test } from 'node:test';
import { seal, sealingKeys } from '../../lib/api/index.ts';
import { type Reply, TestEndpoint } from '../api/test-endpoint.ts';
import { ProviderProcess } from '../support/provider-process.ts';
import { until } from '../support/until.ts';

const packed = [process.execPath, join(import.meta.dirname, '../support/pack-plugin.ts')];
const SECRET = 'the-open-secret';

/** A value as an endpoint stores it. */
const sealed = async (value: unknown = SECRET) => seal((await sealingKeys()).publicKey, value);

suite('params that arrive sealed', () => {
  let endpoint: TestEndpoint;
  let provider: ProviderProcess;
  /** By path below the API and query: what the endpoint answers. Anything else is not there. */
  let answers: Record<string, Reply>;

  beforeEach(async () => {
    answers = {};
    endpoint = await TestEndpoint.start(({ url }) => {
      const path = decodeURIComponent(url).replace(/^\/api\/v3\//, '');
      return answers[path] ?? { status: 404, body: { Code: 404, Type: 'GET', Messages: ['Not Found'] } };
    });
    provider = await ProviderProcess.start(packed, { env: { RS_ENDPOINT: endpoint.url } });
  });
  afterEach(async () => {
    await provider[Symbol.asyncDispose]();
    await endpoint[Symbol.asyncDispose]();
  });

  const value = (body: unknown): Reply => ({
    headers: { 'content-type': 'application/json' },
    body: Buffer.from(JSON.stringify(body)),
  });
  const configure = async (params: Record<string, unknown>) =>
    provider.post('config', { Name: 'one', 'packed/given': 'x', ...params });
  const messages = ({ json }: { json: unknown }) => (json as { Messages: string[] }).Messages;

  test('config opens those of the plugin object by the API, and asks for no others', async () => {
    answers['plugins/one/params/packed/secret?decode=true'] = value(SECRET);
    const { status, text } = await configure({ 'packed/secret': await sealed() });
    assert.equal(status, 200, text);
    const line = () => provider.endpoint.lines.find(({ Message }) => Message.startsWith('params '))?.Message;
    await until(() => line() !== undefined, 'the params');
    assert.equal(line(), `params {"packed/given":"x","packed/secret":"${SECRET}","packed/level":3}`);
    assert.equal(endpoint.requests.length, 1);
    assert.equal(endpoint.last.headers.authorization, 'Bearer TOKEN');
  });

  test('config checks what was sealed like everything else, and tells nothing of it', async () => {
    answers['plugins/one/params/packed/secret?decode=true'] = value(4711);
    const answer = await configure({ 'packed/secret': await sealed(4711) });
    assert.deepEqual([answer.status, messages(answer)], [400, ['Params.packed/secret: must be string']]);
  });

  test('what the endpoint cannot open is an error that names the param and what to do', async () => {
    const data = await sealed();
    for (const stored of [data, null]) {
      answers['plugins/one/params/packed/secret?decode=true'] = value(stored);
      const answer = await configure({ 'packed/secret': data });
      assert.equal(answer.status, 500);
      assert.deepEqual(messages(answer), [
        'Params.packed/secret: arrived sealed, and the endpoint has no value of it that it can open: set it again: drpcli plugins set one param packed/secret to VALUE',
      ]);
    }
    assert.equal((await configure({})).status, 200);
  });

  test('an endpoint that refuses costs the configuration, and not the provider', async () => {
    const refusal = { Code: 403, Type: 'AUTH', Messages: ['getSecure is not granted'] };
    answers['plugins/one/params/packed/secret?decode=true'] = { status: 403, body: refusal };
    const answer = await configure({ 'packed/secret': await sealed(), 'elsewhere/secret': await sealed() });
    assert.equal(answer.status, 500);
    assert.deepEqual(messages(answer), [
      'Params.elsewhere/secret: arrived sealed, and the endpoint did not open it: Not Found',
      'Params.packed/secret: arrived sealed, and the endpoint did not open it: getSecure is not granted',
    ]);
  });

  test('a param that is not secret may have a value of the same shape', async () => {
    assert.equal((await configure({ 'packed/object': await sealed() })).status, 200);
    assert.equal(endpoint.requests.length, 0);
  });

  test('an action opens that of its object, or else of the plugin', async () => {
    const data = await sealed();
    assert.equal((await configure({})).status, 200);
    const call = (model: unknown, set: string) =>
      provider.action('echo', { CommandSet: set, Model: model, Params: { 'packed/secret': data } });
    const param = (object: string) => {
      answers[`${object}/params/packed/secret?aggregate=true`] = value(data);
      answers[`${object}/params/packed/secret?aggregate=true&decode=true`] = value(`of ${object}`);
    };
    param('machines/u1');
    const opened = await call({ Uuid: 'u1', Name: 'm1' }, 'machines');
    assert.deepEqual(opened.json, { 'packed/secret': 'of machines/u1' });

    param('plugins/one');
    answers['machines/u2/params/packed/secret?aggregate=true'] = value(null);
    assert.deepEqual((await call({ Uuid: 'u2' }, 'machines')).json, { 'packed/secret': 'of plugins/one' });
    assert.deepEqual((await call(null, 'system')).json, { 'packed/secret': 'of plugins/one' });

    param('profiles/global');
    assert.deepEqual((await call({ Name: 'global' }, 'system')).json, {
      'packed/secret': 'of profiles/global',
    });
  });

  test('an action does not take the value of its object for another that was sealed', async () => {
    answers['machines/u1/params/packed/secret?aggregate=true'] = value(await sealed());
    answers['machines/u1/params/packed/secret?aggregate=true&decode=true'] = value(SECRET);
    answers['plugins/packed/params/packed/secret?aggregate=true'] = value(null);
    const Params = { 'packed/secret': await sealed('another') };
    const answer = await provider.action('echo', { CommandSet: 'machines', Model: { Uuid: 'u1' }, Params });
    assert.equal(answer.status, 500);
    assert.match(
      messages(answer).join(),
      /^Params\.packed\/secret: arrived sealed, .*: drpcli machines set u1 param packed\/secret to VALUE$/,
    );
  });
});
