import assert from 'node:assert/strict';
import { test } from 'node:test';
import { settingsFrom } from '../../cmd/slack/settings.ts';
import type { Params } from '../../content/slack.generated.ts';
import { ModelError } from '../../lib/models/index.ts';
import { DEFAULTS } from './defaults.ts';

const settings = (params: Partial<Params>) => settingsFrom({ ...DEFAULTS, ...params });

const refused = (params: Partial<Params>): ModelError => {
  try {
    settings(params);
  } catch (error) {
    assert.ok(error instanceof ModelError);
    return error;
  }
  return assert.fail('was taken');
};

test('a plugin with nothing but its key has the defaults', () => {
  assert.deepEqual(settings({ 'slack/bot-key': ' xoxb-1 ' }), {
    token: 'xoxb-1',
    url: 'https://slack.com/api/',
    events: ['jobs.failed.*', 'plugins.failed.*', 'machines.create.*', 'machines.delete.*'],
    channels: [],
    format: 'blocks',
    burstMs: 1000,
    uxUrl: undefined,
  });
});

test('a key that is not valid is refused with what to do, and is not shown', () => {
  for (const key of [undefined, '', '  ', 'xoxb-\n1', 'xoxb-Ünicode']) {
    const { code, messages } = refused({ 'slack/bot-key': key });
    assert.equal(code, 400);
    assert.equal(messages[0], 'Bad slack key');
    assert.match(messages[1] ?? '', /^slack\/bot-key .*: set it to the bot token/);
    assert.ok(!key?.trim() || !messages.join().includes(key.trim()));
  }
});

test('URLs have to be of http and without a password, and get a slash at their end', () => {
  const { url, uxUrl } = settings({
    'slack/bot-key': 'x',
    'slack/api-url': 'http://127.0.0.1:1/api',
    'slack/ux-url': 'https://drp.example.com/ux/#/e/drp:8092',
  });
  assert.equal(url, 'http://127.0.0.1:1/api/');
  assert.equal(uxUrl, 'https://drp.example.com/ux/#/e/drp:8092/');
  for (const other of ['slack.com', 'ftp://slack.com/', 'file:///etc/passwd', '']) {
    assert.match(
      refused({ 'slack/bot-key': 'x', 'slack/api-url': other }).message,
      /slack\/api-url: expected a URL/,
    );
  }
  const { message } = refused({ 'slack/bot-key': 'x', 'slack/api-url': 'https://me:hunter2@slack.com/' });
  assert.match(message, /slack\/api-url: a user name or password/);
  assert.ok(!message.includes('hunter2'));
});
