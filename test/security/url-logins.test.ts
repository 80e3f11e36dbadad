import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Caller } from '../../cmd/callback/caller.ts';
import { plainCallback } from '../../cmd/callback/entry.ts';
import { Exchange } from '../../cmd/callback/exchange.ts';
import { settingsFrom as callbackSettings } from '../../cmd/callback/settings.ts';
import { Tokens } from '../../cmd/callback/tokens.ts';
import { settingsFrom as metalSettings } from '../../cmd/packet-ipmi/settings.ts';
import { settingsFrom as slackSettings } from '../../cmd/slack/settings.ts';
import { openWebFile, optionsFromEnvironment } from '../../lib/api/index.ts';
import { addressIn } from '../../lib/docker/index.ts';
import type { Logger } from '../../lib/plugin/index.ts';
import { Secrets } from './secrets.ts';

const LOGIN = 'hunter2-of-a-url';
const secrets = new Secrets();
secrets.add('LOGIN', LOGIN, 'someone');

/** Whoever gets URLs from users and does not send a login in them. */
const REFUSING: Readonly<Record<string, (url: string) => unknown>> = {
  'slack/api-url': (url) => slackSettings({ 'slack/bot-key': 'k', 'slack/api-url': url } as never),
  'packet/api-url': (url) => metalSettings({ 'packet/api-key': 'k', 'packet/api-url': url }),
  'callback/callbacks': (url) => callbackSettings({ 'callback/callbacks': { one: { Url: url } } } as never),
  'callback/auths': (url) =>
    callbackSettings({
      'callback/auths': { one: { AuthType: 'json-token', Url: url, TokenField: 'token' } },
    } as never),
  RS_ENDPOINT: (url) => optionsFromEnvironment({ RS_ENDPOINT: url }),
  'address of a Docker plugin': (url) => addressIn(url, 'name'),
};

for (const [who, take] of Object.entries(REFUSING)) {
  test(`${who}: a login in the URL is refused in plain words that do not have it`, () => {
    for (const url of [
      `https://someone:${LOGIN}@host.example/x`,
      `https://${LOGIN}@host.example/`,
      `https://someone:${LOGIN}@[::1/`,
    ]) {
      assert.throws(
        () => take(url),
        (error: { code: number; message: string; stack: string }) => {
          assert.equal(error.code, 400);
          assert.deepEqual(secrets.in(`${error.stack} ${JSON.stringify(error)}`), []);
          if (URL.canParse(url))
            assert.match(error.message, /user name or password|user or password|user, password/);
          return true;
        },
      );
    }
  });
}

test('callback/proxy: its login is for the proxy, and in no error', async () => {
  for (const proxy of [`http://someone:${LOGIN}@127.0.0.1:9`, `http://someone:${LOGIN}@127.0.0.1:9/a?b`]) {
    const { proxy: taken } = callbackSettings({ 'callback/proxy': proxy });
    const exchange = new Exchange(taken);
    const signal = AbortSignal.timeout(60_000);
    const caller = new Caller(exchange, new Tokens(exchange, signal), new Map(), []);
    const url = 'http://host.example/';
    const message = { callback: plainCallback(url), url, headers: {}, body: '', id: '1', secrets: [] };
    await assert.rejects(caller.call(message, {} as Logger, signal), (error: Error) => {
      assert.deepEqual(secrets.in(`${error.stack} ${JSON.stringify(error)} ${error.cause}`), []);
      return true;
    });
    exchange.close();
  }
  assert.throws(
    () => callbackSettings({ 'callback/proxy': `socks://someone:${LOGIN}@127.0.0.1:9` }),
    (error: Error) => secrets.in(error.message).length === 0,
  );
});

test('files of web servers: a login is sent to the server, and is in no error', async () => {
  for (const url of [
    `http://someone:${LOGIN}@127.0.0.1:9/x`,
    `http://someone:${LOGIN}@[::1/x`,
    `ftp://someone:${LOGIN}@host/x`,
  ])
    await assert.rejects(openWebFile(url), (error: Error) => {
      assert.deepEqual(secrets.in(`${error.stack}`), []);
      return true;
    });
});
