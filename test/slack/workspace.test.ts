import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { SlackFailure } from '../../cmd/slack/failure.ts';
import { Pace } from '../../cmd/slack/pace.ts';
import type { Channel } from '../../cmd/slack/slack-api.ts';
import { Workspace } from '../../cmd/slack/workspace.ts';
import { ModelError } from '../../lib/models/index.ts';
import { SlackService } from '../support/slack-service/index.ts';

const TOKEN = 'xoxb-0000-the-bot-of-the-tests';
const { signal } = new AbortController();
const names = (channels: readonly Channel[]) => channels.map(({ name }) => name);

async function workspaceWith(slack: SlackService, ...channels: string[]) {
  const bot = slack.addBot({ token: TOKEN, name: 'drp' });
  for (const name of channels) slack.addChannel({ name, members: [bot] });
  return { bot, workspace: await Workspace.open(TOKEN, slack.url, signal, new Pace(0)) };
}

describe('the channels', () => {
  test('are all of the bot, or those which are named: by name, with #, by id, each once', async () => {
    await using slack = await SlackService.start();
    const { workspace } = await workspaceWith(slack, 'ops', 'dev', 'other');
    assert.deepEqual(names(await workspace.channels([], signal)), ['ops', 'dev', 'other']);
    const [ops] = await workspace.channels(['ops'], signal);
    assert.deepEqual(names(await workspace.channels(['#dev', ops?.id ?? '', 'OPS'], signal)), ['dev', 'ops']);
  });

  test('that the bot is not in are named in the error, all of them, with what to do', async () => {
    await using slack = await SlackService.start();
    const { workspace } = await workspaceWith(slack, 'ops');
    await assert.rejects(workspace.channels(['#nope', 'ops', 'C404'], signal), (error: unknown) => {
      assert.ok(error instanceof ModelError);
      assert.deepEqual(error.messages, [
        'slack/channels: "#nope": the bot is not in it: type "/invite @drp" there',
        'slack/channels: "C404": the bot is not in it: type "/invite @drp" there',
      ]);
      return error.code === 400;
    });
  });

  test('that the bot was invited to since are found', async () => {
    await using slack = await SlackService.start();
    const { bot, workspace } = await workspaceWith(slack);
    assert.deepEqual(await workspace.channels([], signal), []);
    slack.addChannel({ name: 'new', members: [bot] });
    assert.deepEqual(names(await workspace.channels(['new'], signal)), ['new']);
  });
});

describe('opening a workspace', () => {
  test('is tried again after what may pass, and after the wait that Slack asks for', async () => {
    await using slack = await SlackService.start();
    slack.fail('auth.test', { status: 500 });
    slack.fail('users.conversations', { retryAfter: 1 });
    const start = performance.now();
    await workspaceWith(slack);
    assert.ok(performance.now() - start >= 1400);
    assert.equal(slack.calls.length, 4);
  });

  test('is not tried again with a bad key, nor when the wait is long', async () => {
    await using slack = await SlackService.start();
    await assert.rejects(Workspace.open('xoxb-bad', slack.url, signal), /Bad slack key/);
    slack.fail('auth.test', { retryAfter: 60 });
    await assert.rejects(Workspace.open(TOKEN, slack.url, signal), /takes no more for 60 s/);
    assert.equal(slack.calls.length, 2);
  });
});

test('a new token of the same bot has to wait as long as the one before, that of another has not', async () => {
  await using slack = await SlackService.start();
  const { bot, workspace } = await workspaceWith(slack, 'ops');
  workspace.pace.hold(60_000);
  slack.addBot({ token: 'xoxb-new', userId: bot.userId });
  slack.addBot({ token: 'xoxb-other' });
  const renewed = await Workspace.open('xoxb-new', slack.url, signal);
  const other = await Workspace.open('xoxb-other', slack.url, signal);
  for (const next of [renewed, other]) next.succeed(workspace);
  assert.ok(renewed.pace.wait('ops') > 50_000);
  assert.equal(other.pace.wait('ops'), 0);
});

describe('a message posted in turn', () => {
  test('waits as long as Slack wants it to', async () => {
    await using slack = await SlackService.start();
    const { workspace } = await workspaceWith(slack, 'ops');
    const [ops] = await workspace.channels([], signal);
    assert.ok(ops);
    slack.fail('chat.postMessage', { retryAfter: 1 });
    await workspace.postInTurn(ops, { text: 'a' }, signal);
    assert.equal(slack.in('ops').length, 1);
    assert.equal(slack.limit.early, 0);
  });

  test('is not posted when that would take longer than a minute', async () => {
    await using slack = await SlackService.start();
    const { workspace } = await workspaceWith(slack, 'ops');
    const [ops] = await workspace.channels([], signal);
    assert.ok(ops);
    slack.fail('chat.postMessage', { retryAfter: 90 });
    await assert.rejects(workspace.postInTurn(ops, { text: 'a' }, signal), (error: unknown) => {
      assert.ok(error instanceof SlackFailure);
      assert.match(error.message, /takes no more for (89|90) s: try again then/);
      return error.code === 429;
    });
  });

  test('is not sent twice when it may have been posted, and the error says so', async () => {
    await using slack = await SlackService.start();
    const { workspace } = await workspaceWith(slack, 'ops');
    const [ops] = await workspace.channels([], signal);
    assert.ok(ops);
    slack.fail('chat.postMessage', { cut: true, after: true });
    await assert.rejects(
      workspace.postInTurn(ops, { text: 'a' }, signal),
      /The message may have been posted/,
    );
    assert.equal(slack.in('ops').length, 1);
  });
});
