import type { WebClient } from '@slack/web-api';
import { refusal, slackFailure } from './failure.ts';
import type { Message } from './message.ts';

/** The owner of a token, from auth.test. */
export interface Identity {
  team: string;
  teamId: string;
  /** The bot's name, and its user id. */
  bot: string;
  userId: string;
}

export interface Channel {
  id: string;
  /** Without `#`. */
  name: string;
}

/** How long one call may take. */
const CALL_MS = 15_000;
/** Slack recommends 200 at most: https://docs.slack.dev/apis/web-api/pagination */
const PAGE = 200;
/** Ends a listing that would go on without end. Far more channels than a bot is in. */
const MOST_PAGES = 100;
/** Bytes. A page of channels has some 200 kB. */
const LONGEST_ANSWER = 8 * 1024 * 1024;

/**
 * The needed part of the Slack Web API (https://docs.slack.dev/apis/web-api). Each call or page is one HTTP request,
 * without retries. Methods throw SlackFailure, or the reason of `signal`.
 */
export class SlackApi {
  readonly url: string;
  readonly #token: string;
  readonly #callMs: number;

  /** `callMs` is the time limit of a call. */
  constructor(token: string, url: string, callMs = CALL_MS) {
    this.#token = token;
    this.url = url;
    this.#callMs = callMs;
  }

  /** https://docs.slack.dev/reference/methods/auth.test */
  async identify(signal: AbortSignal): Promise<Identity> {
    const { team, team_id, user, user_id } = await this.#call(signal, (client) => client.auth.test());
    return { team: team ?? '', teamId: team_id ?? '', bot: user ?? '', userId: user_id ?? '' };
  }

  /**
   * The public and private channels that the bot is in: https://docs.slack.dev/reference/methods/users.conversations
   */
  async joined(signal: AbortSignal): Promise<Channel[]> {
    const joined = new Map<string, Channel>();
    let cursor: string | undefined;
    for (let page = 0; page < MOST_PAGES; page += 1) {
      const options = {
        types: 'public_channel,private_channel',
        exclude_archived: true,
        limit: PAGE,
        cursor,
      };
      const answer = await this.#call(signal, (client) => client.users.conversations(options));
      for (const { id, name } of answer.channels ?? []) if (id) joined.set(id, { id, name: name ?? id });
      cursor = answer.response_metadata?.next_cursor;
      if (!cursor) return [...joined.values()];
    }
    throw refusal(502, `Slack lists channels without end: ${joined.size} so far`);
  }

  /** Posts a message and returns its `ts`, which identifies it in the channel. */
  async post(channel: string, message: Message, signal: AbortSignal): Promise<string> {
    const answer = await this.#call(signal, (client) =>
      // https://docs.slack.dev/reference/methods/chat.postMessage
      client.apiCall('chat.postMessage', {
        channel,
        unfurl_links: false,
        unfurl_media: false,
        ...message,
      }),
    );
    const { ts } = answer as { ts?: unknown };
    return typeof ts === 'string' ? ts : '';
  }

  async #call<T>(signal: AbortSignal, work: (client: WebClient) => Promise<T>): Promise<T> {
    signal.throwIfAborted();
    const { WebClient, LogLevel } = await import('@slack/web-api');
    const silent = () => {};
    const client = new WebClient(this.#token, {
      slackApiUrl: this.url,
      timeout: this.#callMs,
      retryConfig: { retries: 0 },
      rejectRateLimitedCalls: true,
      allowAbsoluteUrls: false,
      // The library's logger would write to stderr, at debug level also what is posted.
      logger: {
        debug: silent,
        info: silent,
        warn: silent,
        error: silent,
        setLevel: silent,
        setName: silent,
        getLevel: () => LogLevel.ERROR,
      },
      // The library's calls take no signal, so each call has its own client with this fetch. Redirects are refused:
      // messages must not be sent elsewhere.
      fetch: async (url, init) => {
        const ends = init?.signal ? AbortSignal.any([signal, init.signal]) : signal;
        return bounded(await fetch(url, { ...init, redirect: 'manual', signal: ends }));
      },
    });
    try {
      return await work(client);
    } catch (error) {
      signal.throwIfAborted();
      throw slackFailure(error, { url: this.url, token: this.#token });
    }
  }
}

/** An answer whose body fails when it exceeds the limit. */
function bounded(answer: Response): Response {
  let length = 0;
  const limit = new TransformStream<Uint8Array, Uint8Array>({
    transform(chunk, controller) {
      length += chunk.length;
      if (length <= LONGEST_ANSWER) controller.enqueue(chunk);
      else controller.error(new Error(`the answer is longer than ${LONGEST_ANSWER} bytes`));
    },
  });
  return new Response(answer.body?.pipeThrough(limit), answer);
}
