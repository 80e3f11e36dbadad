import { matcher } from '../../lib/api/index.ts';
import { checkTemplate } from '../../lib/template/index.ts';
import type { Fields } from './fields.ts';
import { type Trust, trustFrom } from './trust.ts';

/** An entry of `callback/callbacks`: what to send where, and how to use the answer. */
export interface Callback {
  name: string;
  /** A template, like the values of the headers. */
  url: string;
  method: string;
  headers: Readonly<Record<string, string>>;
  /** Number of retries with each of `auths`. */
  retry: number;
  delayMs: number;
  /** Time limit for all tries in ms, */
  timeoutMs: number;
  /** and for a single try. */
  tryMs: number;
  /** Names in `callback/auths`, in order. */
  auths: readonly string[];
  /** How to read the params for the body. */
  aggregate: boolean;
  decode: boolean;
  excludeParams: readonly string[];
  noBody: boolean;
  rawBody: boolean;
  result: 'json' | 'text' | 'base64';
  debug: boolean;
  trust: Trust;
  /** Key of the signature; undefined for no signature. */
  secret: string | undefined;
  durable: boolean;
  /** Selectors of the events that trigger it. */
  events: readonly string[];
  /** Whether its templates can read secure params. Not when the caller of an action chooses the URL. */
  seesSecure: boolean;
}

const TIMEOUT_MS = 7_200_000;
const TRY_MS = 120_000;
/** Default pause between tries. */
const DELAY_S = 1;
const LONGEST_S = 86_400;
const MOST_RETRIES = 1000;

/** Headers that the HTTP client sets itself. */
const OWN_HEADERS = /^(content-length|transfer-encoding|connection)$/i;

/** Parses an entry. `secret` is its value in `callback/secrets`. */
export function readCallback(name: string, fields: Fields, secret: string | undefined): Callback {
  const url = fields.text('Url') ?? '';
  if (url === '') fields.problem('Url', 'expected a URL');
  else checkUrl(url, (problem) => fields.problem('Url', problem));
  const method = (fields.text('Method') || 'POST').toUpperCase();
  if (!/^[A-Z]{1,20}$/.test(method)) fields.problem('Method', 'expected an HTTP method, POST for example');
  const headers = fields.textMap('Headers');
  for (const [header, value] of Object.entries(headers)) {
    if (!/^[\w!#$%&'*+.^`|~-]+$/.test(header))
      fields.problem('Headers', 'has a name that a header cannot have');
    if (OWN_HEADERS.test(header)) fields.problem(`Headers.${header}`, 'is made by the plugin: leave it out');
    checkText(value, (problem) => fields.problem(`Headers.${header}`, problem));
  }
  const auth = fields.text('Auth');
  const callback: Callback = {
    name,
    url,
    method,
    headers,
    retry: fields.number('Retry', 0, 0, MOST_RETRIES, true),
    delayMs: fields.number('Delay', DELAY_S, 0, LONGEST_S) * 1000,
    timeoutMs: fields.number('Timeout', TIMEOUT_MS / 1000, 0.001, LONGEST_S) * 1000,
    tryMs: fields.number('TryTimeout', TRY_MS / 1000, 0.001, LONGEST_S) * 1000,
    auths: [...(auth ? [auth] : []), ...fields.texts('Auths')],
    aggregate: fields.flag('Aggregate'),
    decode: fields.flag('Decode'),
    excludeParams: fields.texts('ExcludeParams'),
    noBody: fields.flag('NoBody'),
    rawBody: fields.flag('RawBody'),
    result: resultOf(fields),
    debug: fields.flag('Debug'),
    trust: trustFrom(fields),
    secret: fields.text('Secret') || secret,
    durable: fields.flag('Durable'),
    events: fields.texts('Events'),
    seesSecure: true,
  };
  for (const selector of callback.events) {
    try {
      matcher(selector);
    } catch {
      fields.problem('Events', `${JSON.stringify(selector)} is not TYPE.ACTION.KEY`);
    }
  }
  fields.end();
  return callback;
}

/** The callback for `callback/url` alone. */
export function plainCallback(url: string): Callback {
  return {
    name: 'callback/url',
    url,
    method: 'POST',
    headers: {},
    retry: 0,
    delayMs: DELAY_S * 1000,
    timeoutMs: TIMEOUT_MS,
    tryMs: TRY_MS,
    auths: [],
    aggregate: false,
    decode: false,
    excludeParams: [],
    noBody: false,
    rawBody: false,
    result: 'base64',
    debug: false,
    trust: { insecure: false, ca: undefined },
    secret: undefined,
    durable: false,
    events: [],
    seesSecure: false,
  };
}

function resultOf(fields: Fields): Callback['result'] {
  const [json, text] = [fields.flag('JsonResponse'), fields.flag('StringResponse')];
  if (json && text) fields.problem('StringResponse', 'contradicts JsonResponse: keep one of them');
  return json ? 'json' : text ? 'text' : 'base64';
}

/** Checks a URL, which may be a template. */
export function checkUrl(url: string, problem: (text: string) => void): void {
  if (url.includes('{{')) checkText(url, problem);
  else {
    const wrong = urlProblem(url);
    if (wrong !== undefined) problem(wrong);
  }
}

/** What is wrong with a URL, without quoting it; undefined when it is valid. */
export function urlProblem(url: string): string | undefined {
  const parsed = URL.parse(url.trim());
  if (parsed === null || !/^https?:$/.test(parsed.protocol))
    return 'expected a URL that begins with https:// or http://';
  if (parsed.username === '' && parsed.password === '') return undefined;
  return 'has a user name or password in it: use an entry of callback/auths';
}

function checkText(text: string, problem: (text: string) => void): void {
  const error = checkTemplate('text', text);
  if (error !== undefined) problem(`is not a template: ${error.message}`);
}
