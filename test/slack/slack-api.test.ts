import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, test } from 'node:test';
import { SlackFailure } from '../../cmd/slack/failure.ts';
import { SlackApi } from '../../cmd/slack/slack-api.ts';
import { type Failure, SlackService } from '../support/slack-service/index.ts';

const TOKEN = 'xoxb-0000-the-bot-of-the-tests';
const { signal } = new AbortController();

/** The failure of a call, which must never show the token. */
async function failureOf(call: Promise<unknown>): Promise<SlackFailure> {
  const failure = await call.then(
    () => assert.fail('the call succeeded'),
    (error: unknown) => error,
  );
  assert.ok(failure instanceof SlackFailure, String(failure));
  assert.ok(!JSON.stringify(failure).includes(TOKEN));
  assert.ok(!failure.message.includes(TOKEN));
  assert.notEqual(failure.code, 403);
  return failure;
}

describe('the Slack Web API', () => {
  test('tells whose token it is', async () => {
    await using slack = await SlackService.start();
    const { userId } = slack.addBot({ token: TOKEN, name: 'drp', team: 'Acme' });
    const identity = await new SlackApi(TOKEN, slack.url).identify(signal);
    assert.deepEqual(identity, { team: 'Acme', teamId: 'TACME', bot: 'drp', userId });
  });

  test('lists the channels of the bot, public and private, over all pages', async () => {
    await using slack = await SlackService.start();
    const bot = slack.addBot({ token: TOKEN });
    for (let count = 0; count < 450; count += 1) {
      slack.addChannel({ name: `c${count}`, private: count % 2 === 0, members: [bot] });
    }
    slack.addChannel({ name: 'foreign' });
    slack.addChannel({ name: 'old', archived: true, members: [bot] });
    const joined = await new SlackApi(TOKEN, slack.url).joined(signal);
    assert.deepEqual(
      joined.map(({ name }) => name),
      Array.from({ length: 450 }, (_, count) => `c${count}`),
    );
    assert.equal(slack.calls.length, 3);
  });

  test('posts a message, and never has the token in a URL', async () => {
    await using slack = await SlackService.start();
    const bot = slack.addBot({ token: TOKEN });
    const { id } = slack.addChannel({ name: 'ops', members: [bot] });
    const ts = await new SlackApi(TOKEN, slack.url).post(id, { text: 'a &amp; b', mrkdwn: false }, signal);
    const [message] = slack.in('ops');
    assert.deepEqual([message?.text, message?.ts, message?.arguments.mrkdwn], ['a &amp; b', ts, 'false']);
    assert.equal(message?.arguments.unfurl_links, 'false');
    assert.deepEqual(slack.urls, ['/api/chat.postMessage']);
    assert.equal(slack.calls[0]?.token, TOKEN);
  });

  test('is spoken to over TLS, and not when its certificate is not trusted', async () => {
    await using slack = await SlackService.start({ tls: true });
    slack.addBot({ token: TOKEN });
    const { kind, code, message } = await failureOf(new SlackApi(TOKEN, slack.url).identify(signal));
    assert.deepEqual([kind, code], ['unreachable', 503]);
    assert.match(
      message,
      /cannot be reached: self-signed certificate: see slack\/api-url; .* authority one that the machine .* trusts/,
    );
    assert.equal(slack.calls.length, 0);
  });
});

describe('a call that fails', () => {
  const cases: [name: string, failure: Failure, kind: string, code: number, says: RegExp][] = [
    [
      'with a bad key',
      { error: 'invalid_auth' },
      'refused',
      400,
      /Bad slack key\n.*invalid_auth: set slack\/bot-key/,
    ],
    ['with a key of old', { error: 'token_revoked' }, 'refused', 400, /Bad slack key\n.*token_revoked/],
    ['for a deleted account', { error: 'account_inactive' }, 'refused', 400, /Bad slack key/],
    [
      'for want of a scope',
      { error: 'missing_scope', more: { needed: 'groups:read', provided: 'chat:write' } },
      'refused',
      400,
      /lacks a scope groups:read: add it/,
    ],
    ['out of a channel', { error: 'not_in_channel' }, 'refused', 409, /not_in_channel: invite the bot/],
    ['in an archived channel', { error: 'is_archived' }, 'refused', 409, /take it out of slack\/channels/],
    [
      'by a setting',
      { error: 'restricted_action_read_only_channel' },
      'refused',
      409,
      /a setting of the workspace/,
    ],
    ['in a way of its own', { error: 'some_new_error' }, 'refused', 409, /Slack says some_new_error/],
    [
      'for a long message',
      { error: 'msg_too_long' },
      'refused',
      400,
      /does not take the message: msg_too_long/,
    ],
    ['for a while', { error: 'service_unavailable' }, 'unsure', 503, /Slack cannot now: service_unavailable/],
    ['with a server error', { status: 502 }, 'unsure', 503, /answers with status 502/],
    [
      'as it is another server',
      { status: 404 },
      'refused',
      502,
      /is not Slack \(status 404\): see slack\/api-url/,
    ],
    ['as the answer is no JSON', { status: 200 }, 'refused', 502, /is not Slack: see slack\/api-url/],
    ['by its limit', { retryAfter: 7 }, 'limited', 429, /takes no more for 7 s/],
    ['by its limit, untimed', { retryAfter: null }, 'limited', 429, /takes no more for 30 s/],
    ['by its limit, in words', { error: 'rate_limited' }, 'limited', 429, /takes no more for 30 s/],
    ['with a cut connection', { cut: true }, 'unsure', 503, /cannot be reached/],
    ['with no answer', { hang: true }, 'unsure', 504, /does not answer/],
  ];
  for (const [name, failure, kind, code, says] of cases) {
    test(`${name} is ${kind}, ${code}, and says what to do`, async () => {
      await using slack = await SlackService.start();
      slack.addBot({ token: TOKEN });
      slack.fail('auth.test', failure);
      const found = await failureOf(
        new SlackApi(TOKEN, slack.url, 'hang' in failure ? 200 : undefined).identify(signal),
      );
      assert.deepEqual([found.kind, found.code], [kind, code]);
      assert.match(found.message, says);
      assert.equal(slack.calls.length, 1);
    });
  }

  test('has the wait that Slack asks for', async () => {
    await using slack = await SlackService.start();
    slack.addBot({ token: TOKEN });
    slack.fail('auth.test', { retryAfter: 7 });
    assert.equal((await failureOf(new SlackApi(TOKEN, slack.url).identify(signal))).retryAfterMs, 7000);
  });

  test('as nothing listens there was not sent', async () => {
    const server = createServer().listen(0, '127.0.0.1');
    await new Promise((done) => server.once('listening', done));
    const { port } = server.address() as AddressInfo;
    await new Promise((done) => server.close(done));
    for (const url of [`http://127.0.0.1:${port}/api/`, 'http://nobody.invalid/api/']) {
      const { kind, code, message } = await failureOf(new SlackApi(TOKEN, url).identify(signal));
      assert.deepEqual([kind, code], ['unreachable', 503]);
      assert.match(message, /cannot be reached: .*(ECONNREFUSED|ENOTFOUND|EAI_AGAIN).*: see slack\/api-url/);
    }
  });

  test('ends at once when it is aborted, with the reason', async () => {
    await using slack = await SlackService.start();
    slack.addBot({ token: TOKEN });
    slack.fail('auth.test', { hang: true });
    const stop = new AbortController();
    const call = new SlackApi(TOKEN, slack.url).identify(stop.signal);
    setTimeout(() => stop.abort(new Error('stopping')), 20);
    await assert.rejects(call, /^Error: stopping$/);
    await assert.rejects(new SlackApi(TOKEN, slack.url).identify(stop.signal), /^Error: stopping$/);
  });

  test('as the list of channels has no end ends as well', async () => {
    const server = createServer((_request, response) => {
      response.setHeader('content-type', 'application/json');
      response.end(JSON.stringify({ ok: true, channels: [], response_metadata: { next_cursor: 'again' } }));
    }).listen(0, '127.0.0.1');
    await new Promise((done) => server.once('listening', done));
    const { port } = server.address() as AddressInfo;
    try {
      await assert.rejects(new SlackApi(TOKEN, `http://127.0.0.1:${port}/`).joined(signal), /without end/);
    } finally {
      server.close();
      server.closeAllConnections();
    }
  });
});
