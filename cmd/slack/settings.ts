import type { Params } from '../../content/slack.generated.ts';
import { refusal } from './failure.ts';

export type Format = Params['slack/format'];

/** What the params of a plugin object ask for. */
export interface Settings {
  token: string;
  /** Base URL of the Slack Web API. */
  url: string;
  /** Selectors of the events to show. */
  events: readonly string[];
  /** Names and ids of the channels to write to; empty for all that the bot is in. */
  channels: readonly string[];
  format: Format;
  /** How long events are collected for one message. */
  burstMs: number;
  /** Base URL of the endpoint's objects in the UX; undefined for where the endpoint itself says that it is. */
  uxUrl: string | undefined;
}

/** Reads params that agree with their schemas. Throws ModelError 400 that names the param, without its value. */
export function settingsFrom(params: Readonly<Params>): Settings {
  const uxUrl = params['slack/ux-url'];
  return {
    token: tokenIn(params['slack/bot-key']),
    url: webUrl('slack/api-url', params['slack/api-url']),
    events: params['slack/events'],
    channels: params['slack/channels'] ?? [],
    format: params['slack/format'],
    burstMs: params['slack/burst'] * 1000,
    uxUrl: uxUrl ? webUrl('slack/ux-url', uxUrl) : undefined,
  };
}

/** What goes into a header has to be of visible characters: the error of who finds others would show the token. */
function tokenIn(value: string | undefined): string {
  const token = value?.trim() ?? '';
  if (/^[\x21-\x7e]+$/.test(token)) return token;
  const problem = token === '' ? 'is empty' : 'has characters that no Slack token has';
  throw refusal(400, [
    'Bad slack key',
    `slack/bot-key ${problem}: set it to the bot token (xoxb-...) of a Slack app`,
  ]);
}

/** `value` with a slash at its end. */
function webUrl(param: string, value: string): string {
  const url = URL.parse(value.trim());
  if (url === null || !/^https?:$/.test(url.protocol)) {
    throw refusal(400, `${param}: expected a URL that begins with https:// or http://`);
  }
  if (url.username !== '' || url.password !== '') {
    throw refusal(400, `${param}: a user name or password in the URL is not supported`);
  }
  return url.href.endsWith('/') ? url.href : `${url.href}/`;
}
