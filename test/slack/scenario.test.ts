import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { ModelError } from '../../lib/models/index.ts';
import { until } from '../support/until.ts';
import { contentOf, Scene, TOKEN } from './scene.ts';

const all = (scene: Scene) => scene.slack.messages.map(contentOf).join('\n');

/** What people see of a machine's life, and the errors that they make. */
describe('the built slack, under an endpoint', { concurrency: 4 }, () => {
  test('greets each channel of its bot once, and tells of machines that come and go, with a link', async () => {
    await using scene = await Scene.open();
    const { slack, api, bot } = scene;
    slack.addChannel({ name: 'secret', private: true, members: [bot] });
    slack.addChannel({ name: 'foreign' });
    assert.deepEqual(await scene.plugin({ 'slack/ux-url': 'https://ux.example.com/#/e/drp:8092' }), []);
    for (const channel of ['ops', 'secret']) await scene.message(/Hello from Digital Rebar/, channel);
    const { Uuid } = await api.objects('machines').create({ Name: 'ws1.example.com', Address: '10.0.0.7' });
    const created = await scene.message(/Machine created/);
    assert.match(
      contentOf(created),
      new RegExp(
        `<https://ux\\.example\\.com/#/e/drp:8092/machines/${Uuid}\\|ws1\\.example\\.com> by user:rocketskates\nAddress: 10\\.0\\.0\\.7`,
      ),
    );
    await api.objects('machines').patch(Uuid, [{ op: 'replace', path: '/Description', value: 'quiet' }]);
    await api.objects('machines').remove(Uuid);
    await scene.message(/Machine deleted\* ws1/, 'secret');
    assert.equal(slack.messages.filter((message) => /Hello/.test(contentOf(message))).length, 2);
    assert.ok(!/updated|foreign/.test(all(scene)));
  });

  test('tells of failed jobs and plugins by default', async () => {
    await using scene = await Scene.open();
    await scene.plugin();
    const failed = { State: 'failed', Task: 'os-install', Stage: 'install', Machine: 'm-1' };
    const update = { Type: 'jobs', Action: 'update', Key: 'j-1' };
    await scene.event({ ...update, Object: { ...failed, State: 'running' }, Original: { State: 'created' } });
    await scene.event({ ...update, Object: failed, Original: { State: 'running' } });
    await scene.event({ ...update, Object: failed, Original: failed });
    await scene.api.objects('plugins').create({ Name: 'lost', Provider: 'nobody' });
    await scene.message(/Job failed.*os-install/);
    await scene.message(/Plugin failed.*lost.*Missing Plugin Provider: nobody/s);
    assert.equal(all(scene).match(/\*Job failed/g)?.length, 1);
  });

  test('masks secrets: sealed values, secret params of new content, passwords in texts', async () => {
    await using scene = await Scene.open();
    await scene.plugin({ 'slack/events': ['*.*.*'], 'slack/format': 'text' });
    const { api } = scene;
    await api.objects('params').create({ Name: 'site/hidden', Secure: true, Schema: { type: 'string' } });
    const { Uuid, Secret } = await api.objects('machines').create({ Name: 'ws1' });
    await api.params('machines', Uuid).set('ipmi/password', 'S3CRET-1');
    await api.params('machines', Uuid).setSecure('site/hidden', 'S3CRET-2');
    // What endpoints tell of an action has the params that it was called with, in the clear.
    const Params = { 'site/hidden': 'S3CRET-3', 'site/shown': 'visible-1' };
    await scene.event({ Type: 'machines', Action: 'act', Key: Uuid, Object: { Command: 'act', Params } });
    await scene.event({ Type: 'x', Action: 'y', Key: 'z', Object: { text: `${TOKEN} password=S3CRET-4` } });
    await scene.event({ Type: 'x', Action: 'last', Key: 'z' });
    await scene.message(/x last z/);
    const text = all(scene);
    assert.match(text, /"site\/hidden":"\*\*\*","site\/shown":"visible-1"/);
    for (const secret of ['S3CRET', TOKEN, String(Secret), '"Payload"'])
      assert.ok(!text.includes(secret), secret);
    assert.ok(!scene.log.some((line) => JSON.stringify(line).includes(TOKEN)));
  });

  test('tells of all of 1,000 events in a second, in few messages, and obeys the limits of Slack', async () => {
    await using scene = await Scene.open();
    const { slack, api } = scene;
    slack.limit.burst = 1;
    await scene.plugin({ 'slack/events': ['profiles.create.*'], 'slack/ux-url': 'https://ux/#/e/drp/' });
    await scene.message(/Hello/);
    slack.fail('chat.postMessage', { retryAfter: 2 });
    const names = Array.from({ length: 1000 }, (_, at) => `load-${at}`);
    // An endpoint tells of all objects of a content pack at once.
    await api.contents().create({
      meta: { Name: 'load', Version: 'v1.0.0' },
      sections: { profiles: Object.fromEntries(names.map((Name) => [Name, { Name }])) },
    });
    const told = () =>
      slack.messages.flatMap((message) =>
        [...contentOf(message).matchAll(/\*Profile created\* <[^|]*\|(.*?)>/g)].map(([, name]) => name),
      );
    await until(() => told().length >= names.length, 'all events');
    assert.deepEqual(told(), names);
    assert.ok(slack.messages.length < 20, String(slack.messages.length));
    assert.equal(slack.limit.early, 0);
    assert.ok(!/not shown/.test(all(scene)));
    assert.ok(!scene.log.some(({ Message }) => /events were lost/.test(Message)));
  });

  test('never tells of its own log lines, whatever they are about', async () => {
    await using scene = await Scene.open();
    const { slack } = scene;
    await scene.plugin({ 'slack/events': ['*.*.*'] });
    await scene.plugin({ 'slack/events': ['*.*.*'] }, 'other');
    slack.fail('chat.postMessage', { error: 'service_unavailable' }, 2);
    await scene.event({ Type: 'x', Action: 'y', Key: 'z' });
    await scene.message(/X: y/);
    await until(() => scene.log.some(({ Message }) => /Messages reach #ops again/.test(Message)), 'its log');
    const own = scene.log.filter(({ Service }) => Service === 'slack');
    assert.ok(own.some(({ Level }) => Level === 'error'));
    // Only what it says of its configuration becomes an event at all.
    assert.deepEqual(
      own.filter(({ IgnorePublish }) => !IgnorePublish).map(({ Message }) => Message.replace(/ \w+$/, '')),
      ['Configuring plugin', 'Configuring plugin'],
    );
    // What was logged before this is told of before it, if it is at all.
    await scene.event({ Type: 'x', Action: 'after', Key: 'z' });
    await scene.message(/X: after/);
    await scene.event({ Type: 'x', Action: 'at last', Key: 'z' });
    await scene.message(/X: at last/);
    assert.ok(!/Configuring plugin|Messages reach|No message reaches/.test(all(scene)));
  });

  test('posts for tasks and people, on any object and on the system', async () => {
    await using scene = await Scene.open();
    const { slack, api, bot } = scene;
    slack.addChannel({ name: 'dev', members: [bot] });
    await scene.plugin();
    const message = 'deployed <https://example.com|it> & *done*';
    const { Uuid } = await api.objects('machines').create({ Name: 'ws1' });
    await api.params('machines', Uuid).set('slack/channels', ['dev']);
    const onMachine = await api.actions('machines', Uuid).run('slackPost', { 'slack/message': message });
    const [posted] = slack.in('dev').filter(({ text }) => text === message);
    assert.deepEqual(onMachine, { posted: [{ channel: posted?.channel, name: 'dev', ts: posted?.ts }] });
    const onProfile = api.actions('profiles', 'global');
    await onProfile.run('slackPost', { 'slack/message': 'on a profile', 'slack/channels': ['#ops'] });
    await api.systemActions().run('slackPost', { 'slack/message': 'on the system' });
    const texts = (channel: string) =>
      slack
        .in(channel)
        .map(({ text }) => text)
        .filter((text) => /^(on|deployed)/.test(text));
    assert.deepEqual(texts('ops'), ['on a profile', 'on the system']);
    assert.deepEqual(texts('dev'), [message, 'on the system']);
  });

  test('says what is wrong with a post', async () => {
    await using scene = await Scene.open();
    const { slack, api } = scene;
    await scene.plugin();
    await scene.message(/Hello/);
    const refusal = async (params: Record<string, unknown>) => {
      const error = await api
        .systemActions()
        .run('slackPost', params)
        .catch((thrown: unknown) => thrown);
      assert.ok(error instanceof ModelError);
      return `${error.code} ${error.messages.join(' | ')}`;
    };
    assert.match(await refusal({}), /^400 .*slack\/message/);
    assert.match(await refusal({ 'slack/message': ' ' }), /^400 slack\/message: is empty/);
    assert.match(
      await refusal({ 'slack/message': 'x'.repeat(40_001) }),
      /^400 slack\/message: has 40001 characters, Slack takes 40000/,
    );
    assert.match(
      await refusal({ 'slack/message': 'a', 'slack/channels': ['#nope', 'ops'] }),
      /^400 slack\/channels: "#nope": the bot is not in it: type "\/invite @drp" there$/,
    );
    slack.addChannel({ name: 'dev', members: [scene.bot] });
    assert.match(
      await refusal({ 'slack/message': 'a', 'slack/channels': ['dev', 1] }),
      /^400 .*slack\/channels/,
    );
    slack.fail('chat.postMessage', { error: 'is_archived' });
    assert.match(
      await refusal({ 'slack/message': 'to both', 'slack/channels': ['dev', 'ops'] }),
      /^409 #(dev|ops): Slack says is_archived: .* \| Posted in #(dev|ops)$/,
    );
    scene.bot.refusal = 'token_revoked';
    assert.match(
      await refusal({ 'slack/message': 'a' }),
      /^400 #ops: Bad slack key \| #ops: Slack says token_revoked: set slack\/bot-key/,
    );
  });

  test('does not run with a bad key, a channel that it is not in, or Slack out of reach, and says what to do', async () => {
    await using scene = await Scene.open();
    const { slack } = scene;
    const cases: [Record<string, unknown>, RegExp][] = [
      [
        { 'slack/bot-key': 'xoxb-bad' },
        /^Bad slack key \| Slack says invalid_auth: set slack\/bot-key to the bot token/,
      ],
      [{ 'slack/bot-key': '' }, /^Bad slack key \| slack\/bot-key is empty/],
      [
        { 'slack/channels': ['ops', 'nope'] },
        /^slack\/channels: "nope": the bot is not in it: type "\/invite @drp" there$/,
      ],
      [{ 'slack/api-url': 'ftp://x' }, /^slack\/api-url: expected a URL/],
      [{ 'slack/api-url': slack.url.replace('/api', '') }, /^Bad slack key|is not Slack|unknown_method/],
    ];
    const found = await Promise.all(
      cases.map(async ([params], at) => (await scene.plugin(params, `bad${at}`)).join(' | ')),
    );
    for (const [at, [, says]] of cases.entries()) assert.match(found[at] ?? '', says);
    assert.equal(slack.messages.length, 0);
    assert.ok(!found.join().includes(TOKEN));
  });

  test('sends what waits before it ends, when its params change and when it is taken away', async () => {
    await using scene = await Scene.open();
    const { api, slack, bot } = scene;
    slack.addChannel({ name: 'witness', members: [bot] });
    await scene.plugin({ 'slack/burst': 600, 'slack/channels': ['ops'] });
    // What this one tells of has come to the other as well.
    await scene.plugin({ 'slack/channels': ['witness'] }, 'witness');
    const { Uuid } = await api.objects('machines').create({ Name: 'first' });
    await scene.message(/Machine created.*first/, 'witness');
    const configured = scene.configured;
    await api.params('plugins', 'slack').set('slack/burst', 601);
    await scene.message(/Machine created.*first/);
    await until(() => scene.configured > configured, 'the next start');
    await api.objects('machines').remove(Uuid);
    await scene.message(/Machine deleted.*first/, 'witness');
    await api.objects('plugins').remove('slack');
    await scene.message(/Machine deleted\* first/);
  });
});
