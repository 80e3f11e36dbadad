import { blocksIn } from './blocks.ts';
import type { Bot, Channel, State } from './state.ts';

export type Answer = Readonly<Record<string, unknown>> & { ok: boolean };
export type Arguments = Readonly<Record<string, string>>;
type Method = (state: State, bot: Bot, given: Arguments) => Answer;

const refused = (error: string, more: Readonly<Record<string, unknown>> = {}): Answer => ({
  ok: false,
  error,
  ...more,
});

/** The methods of the Slack Web API that are there. */
export const methods: Readonly<Record<string, Method>> = {
  /** https://docs.slack.dev/reference/methods/auth.test */
  'auth.test': (_state, { team, teamId, name, userId }) => ({
    ok: true,
    url: `https://${team.toLowerCase()}.slack.com/`,
    team,
    user: name,
    team_id: teamId,
    user_id: userId,
    bot_id: `B${userId.slice(1)}`,
    is_enterprise_install: false,
  }),
  /** The channels that the caller is in: https://docs.slack.dev/reference/methods/users.conversations */
  'users.conversations': (state, bot, given) =>
    list(state, bot, given, (channel) => channel.members.has(bot.userId)),
  /** All public channels, and the private ones of the caller: https://docs.slack.dev/reference/methods/conversations.list */
  'conversations.list': (state, bot, given) =>
    list(state, bot, given, (channel) => !channel.private || channel.members.has(bot.userId)),
  'chat.postMessage': postMessage,
};

/** The scope that each type of channel needs, as both pages say. */
const TYPE_SCOPES: Readonly<Record<string, string>> = {
  public_channel: 'channels:read',
  private_channel: 'groups:read',
  mpim: 'mpim:read',
  im: 'im:read',
};

const MOST_ITEMS = 999;
const USUAL_ITEMS = 100;

function list(state: State, bot: Bot, given: Arguments, shows: (channel: Channel) => boolean): Answer {
  const types = (given.types ?? 'public_channel').split(',');
  for (const type of types) {
    const needed = TYPE_SCOPES[type];
    if (needed === undefined) return refused('invalid_types');
    if (!bot.scopes.has(needed))
      return refused('missing_scope', { needed, provided: [...bot.scopes].join(',') });
  }
  const limit = Number(given.limit ?? USUAL_ITEMS);
  if (!Number.isInteger(limit) || limit < 1 || limit > MOST_ITEMS) return refused('invalid_limit');
  const wanted = [...state.channels.values()].filter(
    (channel) =>
      shows(channel) &&
      types.includes(channel.private ? 'private_channel' : 'public_channel') &&
      !(given.exclude_archived === 'true' && channel.archived),
  );
  // Opaque cursors, and an empty one at the end: https://docs.slack.dev/apis/web-api/pagination
  const after = given.cursor ? Buffer.from(given.cursor, 'base64').toString() : '';
  const start = after === '' ? 0 : wanted.findIndex(({ id }) => `team:${id}` === after);
  if (start < 0) return refused('invalid_cursor');
  const end = start + limit;
  const next = wanted[end];
  return {
    ok: true,
    channels: wanted.slice(start, end).map(({ id, name, private: isPrivate, archived }) => ({
      id,
      name,
      is_channel: !isPrivate,
      is_group: isPrivate,
      is_im: false,
      is_mpim: false,
      is_private: isPrivate,
      is_archived: archived,
      name_normalized: name,
    })),
    response_metadata: {
      next_cursor: next === undefined ? '' : Buffer.from(`team:${next.id}`).toString('base64'),
    },
  };
}

const LONGEST_TEXT = 40_000;

/** https://docs.slack.dev/reference/methods/chat.postMessage */
function postMessage(state: State, bot: Bot, given: Arguments): Answer {
  if (!bot.scopes.has('chat:write')) {
    return refused('missing_scope', { needed: 'chat:write', provided: [...bot.scopes].join(',') });
  }
  const channel = state.channel(given.channel ?? '');
  const isMember = channel?.members.has(bot.userId) === true;
  if (channel === undefined || (channel.private && !isMember)) return refused('channel_not_found');
  if (channel.archived) return refused('is_archived');
  if (!isMember) return refused('not_in_channel');
  const blocks = given.blocks === undefined ? [] : blocksIn(given.blocks);
  if (typeof blocks === 'string') return refused(blocks);
  if (!given.text && blocks.length === 0) return refused('no_text');
  const ts = state.timestamp();
  const text = (given.text ?? '').slice(0, LONGEST_TEXT);
  state.messages.push({
    channel: channel.id,
    name: channel.name,
    bot: bot.name,
    token: bot.token,
    ts,
    text,
    blocks,
    arguments: given,
    at: performance.now(),
  });
  return { ok: true, channel: channel.id, ts, message: { type: 'message', user: bot.userId, text, ts } };
}
