import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { binary } from '../support/binary.ts';
import { ProviderProcess } from '../support/provider-process.ts';
import { SlackService } from '../support/slack-service/index.ts';
import { until } from '../support/until.ts';
import { contentOf, Scene, TOKEN } from './scene.ts';

/** The built slack with the events of the scene's endpoint, to be configured by the test. */
const start = ({ endpoint }: Scene, env: Record<string, string> = {}) =>
  ProviderProcess.start([binary('slack')], {
    env: { RS_ENDPOINT: endpoint.url, RS_TOKEN: endpoint.token, ...env },
  });

const params = (scene: Scene, more: Record<string, unknown> = {}) => ({
  Name: 'slack',
  'slack/bot-key': TOKEN,
  'slack/api-url': scene.slack.url,
  'slack/events': ['load.*.*'],
  ...more,
});

describe('the built slack, configured again while it runs', { concurrency: 3 }, () => {
  test('loses no event and tells none twice, by a new key, in another format', async () => {
    await using scene = await Scene.open({ provider: false });
    const { slack, bot } = scene;
    await using provider = await start(scene);
    slack.addBot({ token: 'xoxb-new', userId: bot.userId });
    assert.equal((await provider.post('config', params(scene))).status, 200);
    let sent = 0;
    const send = async (count: number) => {
      for (const end = sent + count; sent < end; sent += 1) {
        await scene.event({ Type: 'load', Action: 'go', Key: `k${sent}` });
      }
    };
    await send(100);
    const changes = [
      { 'slack/bot-key': 'xoxb-new' },
      { 'slack/bot-key': 'xoxb-new', 'slack/format': 'text', 'slack/events': ['load.*.*', 'other.*.*'] },
      { 'slack/bot-key': 'xoxb-new', 'slack/events': ['load.go.*'] },
    ];
    for (const change of changes) {
      const configured = provider.post('config', params(scene, change));
      await send(50);
      assert.equal((await configured).status, 200);
      await send(10);
    }
    const told = () =>
      slack.in('ops').flatMap((message) => [...contentOf(message).matchAll(/(?:go\* |: load go )k(\d+)/g)]);
    await until(() => told().length >= sent, 'all events');
    assert.deepEqual(
      told().map(([, key]) => Number(key)),
      Array.from({ length: sent }, (_, at) => at),
    );
    assert.equal(slack.in('ops').at(-1)?.token, 'xoxb-new');
    assert.equal(slack.messages.filter((message) => /Hello/.test(contentOf(message))).length, 1);
  });

  test('greets channels that are new, and gives those that are not wanted any more what was meant for them', async () => {
    await using scene = await Scene.open({ provider: false });
    const { slack, bot } = scene;
    slack.addChannel({ name: 'dev', members: [bot] });
    await using provider = await start(scene);
    await provider.post('config', params(scene, { 'slack/channels': ['ops'], 'slack/burst': 600 }));
    await scene.message(/Hello/);
    await scene.event({ Type: 'load', Action: 'go', Key: 'old' });
    // The same, but for the time that events are collected: what waits is not told of any sooner.
    const lines = () =>
      provider.endpoint.lines.filter(({ Message }) => /^Writing as drp/.test(Message)).length;
    await provider.post('config', params(scene, { 'slack/channels': ['dev', 'ops'] }));
    await scene.message(/Hello/, 'dev');
    await scene.event({ Type: 'load', Action: 'go', Key: 'both' });
    await scene.message(/go\* both/, 'dev');
    await provider.post('config', params(scene, { 'slack/channels': ['dev'] }));
    await scene.message(/go\* old.*go\* both/s, 'ops');
    await scene.event({ Type: 'load', Action: 'go', Key: 'new' });
    await scene.message(/go\* new/, 'dev');
    await until(() => lines() === 3, 'its log');
    const shown = (channel: string) => slack.in(channel).map(contentOf).join('\n');
    assert.ok(!/go\* new/.test(shown('ops')) && !/go\* old/.test(shown('dev')));
    assert.equal(slack.messages.filter((message) => /Hello/.test(contentOf(message))).length, 2);
  });

  test('stays as it was when the new key is bad', async () => {
    await using scene = await Scene.open({ provider: false });
    await using provider = await start(scene);
    await provider.post('config', params(scene));
    const { status, json } = await provider.post('config', params(scene, { 'slack/bot-key': 'xoxb-bad' }));
    assert.equal(status, 400);
    assert.equal((json as { Messages: string[] }).Messages[0], 'Bad slack key');
    await scene.event({ Type: 'load', Action: 'go', Key: 'k' });
    assert.equal((await scene.message(/go\* k/)).token, TOKEN);
    assert.equal(provider.stdout, 'READY!\n');
    assert.equal(provider.stderr, '');
  });
});

test('the built slack speaks TLS with whom Node.js is told to trust, and has nothing of the key in its log', async () => {
  await using scene = await Scene.open({ provider: false });
  await using slack = await SlackService.start({ tls: true });
  const bot = slack.addBot({ token: TOKEN });
  slack.addChannel({ name: 'ops', members: [bot] });
  const folder = await mkdtemp(join(tmpdir(), 'slack-'));
  try {
    const file = join(folder, 'ca.pem');
    await writeFile(file, slack.certificate ?? '');
    await using provider = await start(scene, { NODE_EXTRA_CA_CERTS: file });
    const { status, text } = await provider.post('config', params(scene, { 'slack/api-url': slack.url }));
    assert.equal(status, 200, text);
    await until(() => slack.in('ops').length === 1, 'the greeting');
    assert.ok(!JSON.stringify(provider.endpoint.posts).includes(TOKEN));
    assert.equal(provider.stderr, '');
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
});
