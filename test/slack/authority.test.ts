import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { binary } from '../support/binary.ts';
import { ProviderProcess } from '../support/provider-process.ts';
import { SlackService } from '../support/slack-service/index.ts';
import { Scene, TOKEN } from './scene.ts';

test('the executable trusts an authority that the machine trusts, and no other', async () => {
  await using scene = await Scene.open({ provider: false });
  await using slack = await SlackService.start({ tls: true });
  slack.addChannel({ name: 'ops', members: [slack.addBot({ token: TOKEN })] });
  const { url, token } = scene.endpoint;
  const folder = await mkdtemp(join(tmpdir(), 'slack-'));
  const trusted = join(folder, 'trusted.pem');
  await writeFile(trusted, slack.certificate ?? '');
  for (const [file, status] of [
    [trusted, 200],
    ['/dev/null', 503],
  ] as const) {
    await using provider = await ProviderProcess.start([binary('slack')], {
      env: { RS_ENDPOINT: url, RS_TOKEN: token, SSL_CERT_FILE: file, SSL_CERT_DIR: '/dev/null' },
    });
    const params = { 'slack/bot-key': TOKEN, 'slack/api-url': slack.url };
    const answer = await provider.post('config', { Name: 'slack', ...params });
    assert.equal(answer.status, status, answer.text);
  }
  await rm(folder, { recursive: true });
});
