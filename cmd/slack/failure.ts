import { ModelError } from '../../lib/models/index.ts';

/**
 * Why a call to Slack failed, which is what decides about another try:
 *
 * - `limited`: Slack wants us to wait for `retryAfterMs` first
 * - `unreachable`: the request was not taken in
 * - `unsure`: it may have been carried out
 * - `refused`: it was not carried out, and would not be the next time
 */
export type FailureKind = 'limited' | 'unreachable' | 'unsure' | 'refused';

/** A call to Slack that failed, as people see it. Never of code 403: from config that would remove the provider. */
export class SlackFailure extends ModelError {
  readonly kind: FailureKind;
  readonly retryAfterMs: number;
  /** Only this message is at fault: the next may be taken. */
  readonly messageOnly: boolean;

  constructor(
    kind: FailureKind,
    code: number,
    messages: string | readonly string[],
    more: { retryAfterMs?: number; messageOnly?: boolean; cause?: unknown } = {},
  ) {
    super(code, messages, { model: 'plugin', key: 'slack', type: 'plugin', cause: more.cause });
    this.kind = kind;
    this.retryAfterMs = more.retryAfterMs ?? 0;
    this.messageOnly = more.messageOnly ?? false;
  }
}

/** An error of ours about what an operator has set or asked for. */
export function refusal(code: number, messages: string | readonly string[]): ModelError {
  return new ModelError(code, messages, { model: 'plugin', key: 'slack', type: 'plugin' });
}

/** When Slack limits us and does not say for how long. */
const UNSAID_RETRY_MS = 30_000;

/** Errors of every method (https://docs.slack.dev/reference/methods/auth.test#errors) that are about the token. */
const KEY_ERRORS = new Set([
  'account_inactive',
  'invalid_auth',
  'not_allowed_token_type',
  'not_authed',
  'token_expired',
  'token_revoked',
]);

/** Errors of every method by which Slack says that it cannot now. */
const UNSURE_ERRORS = new Set([
  'fatal_error',
  'internal_error',
  'org_login_required',
  'request_timeout',
  'service_unavailable',
  'team_added_to_org',
]);

/** Errors of chat.postMessage (https://docs.slack.dev/reference/methods/chat.postMessage#errors) about the message. */
const MESSAGE_ERRORS = new Set([
  'invalid_blocks',
  'invalid_blocks_format',
  'markdown_text_conflict',
  'msg_blocks_too_long',
  'msg_too_long',
  'no_text',
]);

/** What is to be done about an error of chat.postMessage that is about the channel. */
const CHANNEL_ADVICE: Readonly<Record<string, string>> = {
  channel_not_found: 'invite the bot to the channel, if there still is one, and see slack/channels',
  is_archived: 'the channel is archived: take it out of slack/channels',
  no_permission: 'invite the bot to the channel',
  not_in_channel: 'invite the bot to the channel',
};

/** What a failed call of @slack/web-api has, by its `code`. */
interface ThrownBySlack {
  code?: unknown;
  data?: { error?: unknown; needed?: unknown; response_metadata?: { retryAfter?: unknown } };
  original?: unknown;
  retryAfter?: unknown;
  statusCode?: unknown;
}

/** What `error`, thrown by @slack/web-api, means. `url` is the API's; `token` appears nowhere in what is returned. */
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
  // The library puts an answer that is not JSON in the place of an error's name.
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
  const seconds = typeof retryAfter === 'number' ? retryAfter : UNSAID_RETRY_MS / 1000;
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

/** Codes of the errors by which a connection does not come about, so that nothing was sent. */
const NOT_CONNECTED =
  /^(ECONNREFUSED|EHOSTUNREACH|ENETUNREACH|ENOTFOUND|EAI_AGAIN|UND_ERR_CONNECT_TIMEOUT|ERR_TLS_\w+|ERR_SSL_\w+)$|CERT|^UNABLE_TO_VERIFY/;

/** Codes of a certificate whose authority is not trusted here. */
const UNKNOWN_AUTHORITY = /^UNABLE_TO_(GET_ISSUER|VERIFY)|SELF_SIGNED/;

function transportFailure(error: unknown, url: string, token: string): SlackFailure {
  // @slack/web-api has this for a 429 without a usable Retry-After.
  if (error instanceof Error && error.message.startsWith('Retry header')) return limited(undefined);
  const cause = deepest(error);
  const code = String((cause as { code?: unknown } | null)?.code ?? '');
  if ((error as { name?: unknown } | null)?.name === 'TimeoutError') {
    return new SlackFailure('unsure', 504, `Slack at ${url} does not answer`);
  }
  const reason = (cause instanceof Error ? cause.message : String(cause)) || code;
  // What Node adds is advice for those who can choose its options.
  const [said = ''] = reason.split('; if the root CA');
  const told = token === '' ? said : said.replaceAll(token, '***');
  const advice = UNKNOWN_AUTHORITY.test(code)
    ? 'see slack/api-url; if it is right, make its authority one that the machine of the endpoint trusts'
    : 'see slack/api-url, and whether this machine may connect to it';
  const kind = NOT_CONNECTED.test(code) ? 'unreachable' : 'unsure';
  return new SlackFailure(kind, 503, `Slack at ${url} cannot be reached: ${told}: ${advice}`);
}

/** fetch says only that it failed; why is in the cause, or in the cause of that. */
function deepest(error: unknown): unknown {
  let cause = error;
  while (cause instanceof Error && cause.cause instanceof Error) cause = cause.cause;
  return cause;
}
