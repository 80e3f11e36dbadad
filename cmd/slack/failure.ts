import { ModelError } from '../../lib/models/index.ts';

/** The provider's name, which is the service of its log lines. */
export const PROVIDER = 'slack';

/**
 * The kind of a failed call to Slack, which decides about another try:
 *
 * - `limited`: rate limit; wait `retryAfterMs` first
 * - `unreachable`: the request did not reach Slack
 * - `unsure`: the request may have been carried out
 * - `refused`: it was not carried out, and trying again would not help
 */
export type FailureKind = 'limited' | 'unreachable' | 'unsure' | 'refused';

/** A failed call to Slack. Its code is never 403, with which `config` would remove the provider. */
export class SlackFailure extends ModelError {
  readonly kind: FailureKind;
  readonly retryAfterMs: number;
  /** The failure concerns this message only. */
  readonly messageOnly: boolean;

  constructor(
    kind: FailureKind,
    code: number,
    messages: string | readonly string[],
    more: { retryAfterMs?: number; messageOnly?: boolean; cause?: unknown } = {},
  ) {
    super(code, messages, { model: 'plugin', key: PROVIDER, type: 'plugin', cause: more.cause });
    this.kind = kind;
    this.retryAfterMs = more.retryAfterMs ?? 0;
    this.messageOnly = more.messageOnly ?? false;
  }
}

/** An error about the operator's settings or request. */
export function refusal(code: number, messages: string | readonly string[]): ModelError {
  return new ModelError(code, messages, { model: 'plugin', key: PROVIDER, type: 'plugin' });
}

/** Used when a rate limit comes without a time. */
const DEFAULT_RETRY_MS = 30_000;

/** Errors about the token, which every method has (https://docs.slack.dev/reference/methods/auth.test#errors). */
const KEY_ERRORS = new Set([
  'account_inactive',
  'invalid_auth',
  'not_allowed_token_type',
  'not_authed',
  'token_expired',
  'token_revoked',
]);

/** Errors of temporary problems at Slack, which every method has. */
const UNSURE_ERRORS = new Set([
  'fatal_error',
  'internal_error',
  'org_login_required',
  'request_timeout',
  'service_unavailable',
  'team_added_to_org',
]);

/** Errors of chat.postMessage about the message (https://docs.slack.dev/reference/methods/chat.postMessage#errors). */
const MESSAGE_ERRORS = new Set([
  'invalid_blocks',
  'invalid_blocks_format',
  'markdown_text_conflict',
  'msg_blocks_too_long',
  'msg_too_long',
  'no_text',
]);

/** Advice for errors of chat.postMessage about the channel. */
const CHANNEL_ADVICE: Readonly<Record<string, string>> = {
  channel_not_found: 'invite the bot to the channel, if there still is one, and see slack/channels',
  is_archived: 'the channel is archived: take it out of slack/channels',
  no_permission: 'invite the bot to the channel',
  not_in_channel: 'invite the bot to the channel',
};

/** Members of the errors that @slack/web-api throws, by `code`. */
interface ThrownBySlack {
  code?: unknown;
  data?: { error?: unknown; needed?: unknown; response_metadata?: { retryAfter?: unknown } };
  original?: unknown;
  retryAfter?: unknown;
  statusCode?: unknown;
}

/** Converts an error of @slack/web-api. `url` is the API's address. `token` does not occur in the result. */
export function slackFailure(error: unknown, { url, token }: { url: string; token: string }): SlackFailure {
  const thrown = error as ThrownBySlack;
  switch (thrown.code) {
    case 'slack_webapi_platform_error':
      return platformFailure(thrown.data ?? {}, url);
    case 'slack_webapi_rate_limited_error':
      return limited(thrown.retryAfter);
    case 'slack_webapi_http_error':
      return httpFailure(Number(thrown.statusCode), url);
    default:
      return transportFailure(thrown.original ?? error, url, token);
  }
}

function platformFailure(data: NonNullable<ThrownBySlack['data']>, url: string): SlackFailure {
  const error = String(data.error);
  // When the answer is not JSON, the library uses its text as the error's name.
  if (!/^[a-z0-9_]+$/.test(error)) return stranger(url);
  if (error === 'ratelimited' || error === 'rate_limited') return limited(data.response_metadata?.retryAfter);
  if (KEY_ERRORS.has(error)) {
    return new SlackFailure('refused', 400, [
      'Bad slack key',
      `Slack says ${error}: set slack/bot-key to the bot token (xoxb-...) of a Slack app that is installed in the workspace`,
    ]);
  }
  if (error === 'missing_scope') {
    const scope = typeof data.needed === 'string' ? ` ${data.needed}` : '';
    const advice =
      'add it to the bot token scopes of the Slack app, and install the app in the workspace again';
    return new SlackFailure('refused', 400, `The Slack app lacks a scope${scope}: ${advice}`);
  }
  if (UNSURE_ERRORS.has(error)) return new SlackFailure('unsure', 503, `Slack cannot now: ${error}`);
  if (MESSAGE_ERRORS.has(error)) {
    return new SlackFailure('refused', 400, `Slack does not take the message: ${error}`, {
      messageOnly: true,
    });
  }
  if (error.startsWith('restricted_action')) {
    const advice = 'a setting of the workspace or the channel keeps the bot from writing there';
    return new SlackFailure('refused', 409, `Slack says ${error}: ${advice}`);
  }
  const advice = CHANNEL_ADVICE[error];
  return new SlackFailure('refused', 409, `Slack says ${error}${advice === undefined ? '' : `: ${advice}`}`);
}

function limited(retryAfter: unknown): SlackFailure {
  const seconds = typeof retryAfter === 'number' ? retryAfter : DEFAULT_RETRY_MS / 1000;
  const message = `Slack takes no more for ${seconds} s`;
  return new SlackFailure('limited', 429, message, { retryAfterMs: seconds * 1000 });
}

function httpFailure(status: number, url: string): SlackFailure {
  if (status >= 500) return new SlackFailure('unsure', 503, `Slack at ${url} answers with status ${status}`);
  return stranger(url, ` (status ${status})`);
}

function stranger(url: string, how = ''): SlackFailure {
  return new SlackFailure('refused', 502, `What answers at ${url} is not Slack${how}: see slack/api-url`);
}

/** Error codes of connections that were not made, so that nothing was sent. */
const NOT_CONNECTED =
  /^(ECONNREFUSED|EHOSTUNREACH|ENETUNREACH|ENOTFOUND|EAI_AGAIN|UND_ERR_CONNECT_TIMEOUT|ERR_TLS_\w+|ERR_SSL_\w+)$|CERT|^UNABLE_TO_VERIFY/;

/** Error codes of certificates from an authority that is not trusted. */
const UNKNOWN_AUTHORITY = /^UNABLE_TO_(GET_ISSUER|VERIFY)|SELF_SIGNED/;

function transportFailure(error: unknown, url: string, token: string): SlackFailure {
  // The error of @slack/web-api for a 429 without a usable Retry-After.
  if (error instanceof Error && error.message.startsWith('Retry header')) return limited(undefined);
  const cause = deepest(error);
  const code = String((cause as { code?: unknown } | null)?.code ?? '');
  if ((error as { name?: unknown } | null)?.name === 'TimeoutError') {
    return new SlackFailure('unsure', 504, `Slack at ${url} does not answer`);
  }
  const reason = (cause instanceof Error ? cause.message : String(cause)) || code;
  // Node's advice about command-line options is of no use to operators.
  const [said = ''] = reason.split('; if the root CA');
  const told = token === '' ? said : said.replaceAll(token, '***');
  const advice = UNKNOWN_AUTHORITY.test(code)
    ? 'see slack/api-url; if it is right, make its authority one that the machine of the endpoint trusts'
    : 'see slack/api-url, and whether this machine may connect to it';
  const kind = NOT_CONNECTED.test(code) ? 'unreachable' : 'unsure';
  return new SlackFailure(kind, 503, `Slack at ${url} cannot be reached: ${told}: ${advice}`);
}

/** fetch only says that it failed. The reason is in the innermost cause. */
function deepest(error: unknown): unknown {
  let cause = error;
  while (cause instanceof Error && cause.cause instanceof Error) cause = cause.cause;
  return cause;
}
