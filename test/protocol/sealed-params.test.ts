import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isSecureData, seal, sealingKeys } from '../../lib/api/index.ts';
import { Running } from '../endpoint/running-endpoint.ts';
import { binary } from '../support/binary.ts';
import { MetalService } from '../support/metal-service/index.ts';
import { ProviderProcess } from '../support/provider-process.ts';
import { SlackService } from '../support/slack-service/index.ts';

const SECRET = 'xoxb-sealed-by-the-client';

/** A built provider, configured by hand as a dr-provision does it: with the secret param as the endpoint stores it. */
async function configured(name: string, secret: string, params: Record<string, unknown>): Promise<void> {
  // Its plugins folder is empty: the process is the test's own.
  await using running = await Running.open();
  await running.ok('POST', 'params', { Name: secret, Secure: true, Schema: { type: 'string' } });
  await running.ok('POST', 'plugins', { Name: 'mine', Provider: name });
  await running.secret('plugins/mine', secret, SECRET);
  const stored = await running.ok('GET', `plugins/mine/params/${secret}`);
  assert.ok(isSecureData(stored));
  const { url, token } = running.endpoint;
  await using provider = await ProviderProcess.start([binary(name)], {
    env: { RS_ENDPOINT: url, RS_TOKEN: token, RS_FILESERVER: 'http://files.example:8091' },
  });
  const config = (value: unknown) => provider.post('config', { Name: 'mine', ...params, [secret]: value });
  const answer = await config(stored);
  assert.equal(answer.status, 200, answer.text);

  await running.ok('DELETE', `plugins/mine/params/${secret}`);
  const { status, json } = await config(await seal((await sealingKeys()).publicKey, SECRET));
  assert.equal(status, 500);
  assert.deepEqual((json as { Messages: string[] }).Messages, [
    `Params.${secret}: arrived sealed, and the endpoint has no value of it that it can open: set it again: drpcli plugins set mine param ${secret} to VALUE`,
  ]);
  assert.ok(!JSON.stringify(provider.endpoint.posts).includes(SECRET));
  assert.deepEqual([provider.stdout, provider.stderr], ['READY!\n', '']);
}

test('the executable slack opens slack/bot-key where it arrives sealed', async () => {
  await using slack = await SlackService.start();
  slack.addChannel({ name: 'ops', members: [slack.addBot({ token: SECRET })] });
  await configured('slack', 'slack/bot-key', { 'slack/api-url': slack.url });
});

test('the executable packet-ipmi opens packet/api-key where it arrives sealed', async () => {
  await using cloud = await MetalService.start({ key: SECRET });
  await configured('packet-ipmi', 'packet/api-key', { 'packet/api-url': cloud.url });
});
