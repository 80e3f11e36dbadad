import { setTimeout as sleep } from 'node:timers/promises';
import { choose, includesAll } from './channels.ts';
import { SlackFailure } from './failure.ts';
import type { Message } from './message.ts';
import { Pace } from './pace.ts';
import { withRetries } from './retry.ts';
import { type Channel, type Identity, SlackApi } from './slack-api.ts';

/** Time limit in ms for posting a single message. */
const POST_MS = 60_000;
/** Pauses between attempts to connect. */
const CONNECT_PAUSES_MS = [500, 1000, 2000];

/** A Slack workspace, as the bot of one token sees it. */
export class Workspace {
  readonly identity: Identity;
  #pace: Pace;
  readonly #api: SlackApi;
  #joined: readonly Channel[] = [];

  private constructor(api: SlackApi, identity: Identity, pace: Pace) {
    this.#api = api;
    this.identity = identity;
    this.#pace = pace;
  }

  /** Checks the token and lists the bot's channels. Throws SlackFailure, or the reason of `signal`. */
  static async open(token: string, url: string, signal: AbortSignal, pace = new Pace()): Promise<Workspace> {
    const api = new SlackApi(token, url);
    const identity = await withRetries(() => api.identify(signal), signal);
    const workspace = new Workspace(api, identity, pace);
    await workspace.#list(signal);
    return workspace;
  }

  /**
   * The channels named in `wanted`; all that the bot is in when it is empty. For an unknown one the list is read again,
   * since the bot may have been invited meanwhile. Throws ModelError 400, SlackFailure, or the reason of `signal`.
   */
  async channels(wanted: readonly string[], signal: AbortSignal): Promise<Channel[]> {
    if (this.#joined.length === 0 || !includesAll(this.#joined, wanted)) await this.#list(signal);
    return choose(this.#joined, wanted, this.identity.bot);
  }

  get pace(): Pace {
    return this.#pace;
  }

  /** Continues the turns of an earlier configuration: the rate limits belong to the bot, whatever its token. */
  succeed(earlier: Workspace | undefined): void {
    const { teamId, userId } = this.identity;
    if (earlier?.identity.teamId === teamId && earlier.identity.userId === userId) this.#pace = earlier.pace;
  }

  /** Posts immediately. Throws SlackFailure, or the reason of `signal`. */
  async post(channel: Channel, message: Message, signal: AbortSignal): Promise<string> {
    return this.#api.post(channel.id, message, signal);
  }

  /**
   * Posts in the channel's turn, and returns the message's `ts`. A message that may have been posted is not repeated.
   * Throws SlackFailure (also when it would take longer than a minute), or the reason of `signal`.
   */
  async postInTurn(channel: Channel, message: Message, signal: AbortSignal): Promise<string> {
    const until = performance.now() + POST_MS;
    for (let failures = 0; ; ) {
      const wait = this.#pace.wait(channel.id);
      if (performance.now() + wait > until) {
        const seconds = Math.ceil(wait / 1000);
        throw new SlackFailure('limited', 429, `Slack takes no more for ${seconds} s: try again then`);
      }
      await this.#pace.turn(channel.id, signal);
      try {
        return await this.#api.post(channel.id, message, signal);
      } catch (error) {
        if (!(error instanceof SlackFailure)) throw error;
        const { kind, code, messages, retryAfterMs } = error;
        const pause = CONNECT_PAUSES_MS[failures];
        if (kind === 'limited') this.#pace.hold(retryAfterMs);
        else if (kind === 'unreachable' && pause !== undefined) {
          failures += 1;
          await sleep(pause, undefined, { signal }).catch(() => signal.throwIfAborted());
        } else if (kind === 'unsure') {
          throw new SlackFailure(kind, code, [...messages, 'The message may have been posted'], {
            cause: error,
          });
        } else throw error;
      }
    }
  }

  async #list(signal: AbortSignal): Promise<void> {
    this.#joined = await withRetries(() => this.#api.joined(signal), signal);
  }
}
