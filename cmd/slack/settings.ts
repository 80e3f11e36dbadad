import type { Params } from '../../content/slack.generated.ts';
import { refusal } from './failure.ts';

export type Format = Params['slack/format'];

/** The settings in a plugin object's params. */
export interface Settings {
  token: string;
  /** Base URL of the Slack Web API. */
  url: string;
  /** Selectors of the events to show. */
  events: readonly string[];
  /** Names and ids of channels; empty for all that the bot is in. */
  channels: readonly string[];
  format: Format;
  /** How long in ms events are collected for one message. */
  burstMs: number;
  /** URL of the endpoint's page in the UX; undefined for the one that the endpoint reports. */
  uxUrl: string | undefined;
}

/** Reads params that match their schemas. Throws ModelError 400 that names the param, without its value. */
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

/** The token. A header can hold only visible characters, and the error about others would quote the token. */
function tokenIn(value: string | undefined): string {
  const token = value?.trim() ?? '';
  if (/^[\x21-\x7e]+$/.test(token)) return token;
  const problem = token === '' ? 'is empty' : 'has characters that no Slack token has';
  throw refusal(400, [
    'Bad slack key',
    `slack/bot-key ${problem}: set it to the bot token (xoxb-...) of a Slack app`,
  ]);
}

/** The URL with a slash at its end. */
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
