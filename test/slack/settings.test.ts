import assert from 'node:assert/strict';
import { test } from 'node:test';
import { load } from 'js-yaml';
import { DEFAULTS, settingsFrom } from '../../cmd/slack/settings.ts';
import { contentYamlString } from '../../content/slack.generated.ts';
import { ModelError } from '../../lib/models/index.ts';

const refused = (params: Parameters<typeof settingsFrom>[0]): ModelError => {
  try {
    settingsFrom(params);
  } catch (error) {
    assert.ok(error instanceof ModelError);
    return error;
  }
  return assert.fail('was taken');
};

test('the defaults are those of the content pack', () => {
  const pack = load(contentYamlString) as {
    sections: { params: Record<string, { Schema: { default?: unknown } }> };
  };
  const defaults = Object.entries(pack.sections.params).flatMap(([name, { Schema }]) =>
    Schema.default === undefined ? [] : [[name, Schema.default]],
  );
  assert.deepEqual(Object.fromEntries(defaults), DEFAULTS);
});

test('a plugin with nothing but its key has the defaults', () => {
  assert.deepEqual(settingsFrom({ 'slack/bot-key': ' xoxb-1 ' }), {
    token: 'xoxb-1',
    url: 'https://slack.com/api/',
    events: ['jobs.failed.*', 'plugins.failed.*', 'machines.create.*', 'machines.delete.*'],
    channels: [],
    format: 'blocks',
    burstMs: 1000,
    uxUrl: undefined,
  });
});

test('a key that is none is refused with what to do, and is not shown', () => {
  for (const key of [undefined, '', '  ', 'xoxb-\n1', 'xoxb-Ünicode']) {
    const { code, messages } = refused({ 'slack/bot-key': key });
    assert.equal(code, 400);
    assert.equal(messages[0], 'Bad slack key');
    assert.match(messages[1] ?? '', /^slack\/bot-key .*: set it to the bot token/);
    assert.ok(!key?.trim() || !messages.join().includes(key.trim()));
  }
});

test('URLs have to be of http and without a password, and get a slash at their end', () => {
  const settings = settingsFrom({
    'slack/bot-key': 'x',
    'slack/api-url': 'http://127.0.0.1:1/api',
    'slack/ux-url': 'https://drp.example.com/ux/#/e/drp:8092',
  });
  assert.equal(settings.url, 'http://127.0.0.1:1/api/');
  assert.equal(settings.uxUrl, 'https://drp.example.com/ux/#/e/drp:8092/');
  for (const url of ['slack.com', 'ftp://slack.com/', 'file:///etc/passwd', '']) {
    assert.match(
      refused({ 'slack/bot-key': 'x', 'slack/api-url': url }).message,
      /slack\/api-url: expected a URL/,
    );
  }
  const { message } = refused({ 'slack/bot-key': 'x', 'slack/api-url': 'https://me:hunter2@slack.com/' });
  assert.match(message, /slack\/api-url: a user name or password/);
  assert.ok(!message.includes('hunter2'));
});
