import assert from 'node:assert/strict';
import { test } from 'node:test';
import { binary } from '../support/binary.ts';
import { cuttable } from '../support/cuttable.ts';
import { ProviderProcess } from '../support/provider-process.ts';
import { until } from '../support/until.ts';
import { contentOf, Scene, TOKEN } from './scene.ts';

test('channels are told when events may be missing, and of the events after that', async () => {
  await using scene = await Scene.open({ provider: false });
  const { slack, endpoint } = scene;
  await using proxy = await cuttable(endpoint.url);
  await using provider = await ProviderProcess.start([binary('slack')], {
    env: { RS_ENDPOINT: proxy.url, RS_TOKEN: endpoint.token },
  });
  const params = {
    'slack/bot-key': TOKEN,
    'slack/api-url': slack.url,
    'slack/events': ['profiles.create.*'],
  };
  for (const burst of [1, 2]) {
    const { status, text } = await provider.post('config', {
      Name: 'slack',
      ...params,
      'slack/burst': burst,
    });
    assert.equal(status, 200, text);
  }
  const warnings = () => slack.messages.filter((message) => /interrupted/.test(contentOf(message))).length;
  await scene.api.objects('profiles').create({ Name: 'before' });
  await scene.message(/before/);
  assert.equal(warnings(), 0, 'a configuration is no interruption');
  proxy.setDown(true);
  await scene.api.objects('profiles').create({ Name: 'unheard' });
  proxy.setDown(false);
  await scene.message(/events of that time may be missing/);
  await scene.api.objects('profiles').create({ Name: 'after' });
  await scene.message(/after/);
  await until(() => provider.endpoint.lines.length > 0, 'the log');
  assert.equal(warnings(), 1);
});
