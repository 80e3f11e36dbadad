import { setTimeout as sleep } from 'node:timers/promises';
import type { Logger } from '../../lib/plugin/index.ts';
import { compose, eventsIn, type Item } from './compose.ts';
import type { Entry } from './entry.ts';
import { SlackFailure } from './failure.ts';
import type { Message } from './message.ts';
import type { Pace } from './pace.ts';

/** How many events may wait for a channel, and how much text. */
const MOST_EVENTS = 5000;
const MOST_TEXT = 8 * 1024 * 1024;

export interface ChannelQueueTimes {
  /** The pause after a call that failed; it doubles with each, */
  firstPauseMs: number;
  /** to this at most. */
  longestPauseMs: number;
  /** So many calls in a row may fail until what they were to say is given up. */
  tries: number;
  /** The pause after the channel was refused: until somebody has done something about it. */
  refusedMs: number;
}

/** How long a pause is when the queue is to end. */
const HURRIED_MS = 250;

const TIMES: ChannelQueueTimes = { firstPauseMs: 1000, longestPauseMs: 60_000, tries: 15, refusedMs: 60_000 };

/** How a queue writes to its channel; what a change of the configuration changes. */
export interface Outlet {
  /** How the channel is called in the log. */
  name: string;
  pace: Pace;
  /** How long events are collected for one message. */
  burstMs: number;
  /** Posts a message. Throws SlackFailure, or the reason of the signal. */
  post: (message: Message, signal: AbortSignal) => Promise<unknown>;
  /** Its lines become no events. */
  log: Logger;
}

/**
 * What waits for one channel, and the one loop that sends it. Events that come in a burst, or while Slack wants us to
 * wait, share a message. When too many wait, the newest are not kept; how many is said where they would have been.
 */
export class ChannelQueue {
  readonly channel: string;
  readonly #times: ChannelQueueTimes;
  readonly #aborted = new AbortController();
  /** Ends pauses. */
  readonly #hurry = new AbortController();
  #outlet: Outlet;
  /** Messages of their own, ahead of all events. */
  #greetings: Message[] = [];
  #items: Item[] = [];
  #text = 0;
  /** Events that there was no room for, behind the last of the items. */
  #missed = 0;
  #failures = 0;
  /** What the log was told last of a failure, until there is a success. */
  #said = '';
  #loop: Promise<void> | undefined;
  /** The plugin stops: there is time for one more message. */
  #last = false;

  constructor(channel: string, outlet: Outlet, times: Partial<ChannelQueueTimes> = {}) {
    this.channel = channel;
    this.#outlet = outlet;
    this.#times = { ...TIMES, ...times };
  }

  /** Writes this way from the next message on. */
  use(outlet: Outlet): void {
    this.#outlet = outlet;
  }

  /** Sends a message of its own, ahead of what waits; one that waits already is not sent twice. */
  greet(message: Message): void {
    if (!this.#greetings.includes(message)) this.#greetings.push(message);
    this.#start();
  }

  add(entry: Entry): void {
    const full = this.#items.length >= MOST_EVENTS || this.#text + sizeOf(entry) > MOST_TEXT;
    if (full || this.#hurry.signal.aborted) this.#missed += 1;
    else {
      this.#reportMissed();
      this.#items.push(entry);
      this.#text += sizeOf(entry);
    }
    this.#start();
  }

  /**
   * Takes nothing more, and resolves when what waits is sent. After `limitMs` it is given up, and logged. With `last` there
   * is one more message, and what does not fit into it is counted in it. Called again, the shorter limit holds.
   */
  async end(limitMs: number, { last = false } = {}): Promise<void> {
    this.#last ||= last;
    this.#hurry.abort();
    const timer = setTimeout(() => this.#aborted.abort(new Error('no time left')), limitMs);
    await this.#loop;
    clearTimeout(timer);
    const lost = eventsIn(this.#items) + this.#missed;
    if (lost > 0)
      this.#outlet.log.warn(`${lost} events were not sent to ${this.#outlet.name}: no time was left`);
    this.#items = [];
    this.#missed = 0;
  }

  #start(): void {
    if (!this.#aborted.signal.aborted) this.#loop ??= this.#run();
  }

  /** Sends until nothing waits, one message at a time. Does not throw. */
  async #run(): Promise<void> {
    const { signal } = this.#aborted;
    let collected = false;
    try {
      while (this.#greetings.length > 0 || this.#items.length > 0 || this.#missed > 0) {
        if (this.#greetings.length === 0 && !collected) {
          await this.#pause(this.#outlet.burstMs, 0);
          collected = true;
        }
        await this.#outlet.pace.turn(this.channel, signal);
        if (this.#greetings.length > 0) await this.#sendGreeting(signal);
        else await this.#sendItems(signal);
        // What did not fit into a message has waited long enough.
        collected &&= this.#items.length > 0;
      }
    } catch (error) {
      if (!signal.aborted)
        this.#outlet.log.error(`Sending to ${this.#outlet.name} failed: ${messageOf(error)}`);
    } finally {
      // In one step with the last look at what waits, so that what comes after it starts a new loop.
      this.#loop = undefined;
    }
  }

  async #sendGreeting(signal: AbortSignal): Promise<void> {
    const [greeting] = this.#greetings;
    if (greeting !== undefined && (await this.#send(greeting, signal)) !== 'again') this.#greetings.shift();
  }

  async #sendItems(signal: AbortSignal): Promise<void> {
    this.#reportMissed();
    if (this.#last) this.#makeOneMessage();
    const { message, taken } = compose(this.#items);
    const result = await this.#send(message, signal);
    if (result === 'again') return;
    const gone = this.#items.splice(0, taken);
    for (const item of gone) if ('format' in item) this.#text -= sizeOf(item);
    if (result === 'given up') this.#items.unshift({ missed: eventsIn(gone), why: this.#said });
  }

  /** Posts a message. `again`: it was not taken, and is to be tried once more. */
  async #send(message: Message, signal: AbortSignal): Promise<'sent' | 'again' | 'given up'> {
    const { post, pace, log, name } = this.#outlet;
    try {
      await post(message, signal);
      if (this.#said !== '') log.info(`Messages reach ${name} again`);
      this.#said = '';
      this.#failures = 0;
      return 'sent';
    } catch (error) {
      signal.throwIfAborted();
      const failure =
        error instanceof SlackFailure ? error : new SlackFailure('unsure', 500, messageOf(error));
      const reason = failure.messages.join(': ');
      if (failure.kind === 'limited') {
        pace.hold(failure.retryAfterMs);
        log.debug(`${name}: ${reason}`);
        return 'again';
      }
      if (reason !== this.#said) log.error(`No message reaches ${name}: ${reason}`);
      this.#said = reason;
      if (failure.kind === 'refused') {
        if (failure.messageOnly) return 'given up';
        if (this.#hurry.signal.aborted) throw failure;
        await this.#pause(this.#times.refusedMs);
        return 'given up';
      }
      this.#failures += 1;
      const { firstPauseMs, longestPauseMs, tries } = this.#times;
      await this.#pause(Math.min(firstPauseMs * 2 ** (this.#failures - 1), longestPauseMs));
      if (this.#failures < tries) return 'again';
      this.#failures = 0;
      return 'given up';
    }
  }

  /** Waits, but for `hurriedMs` at most when the queue is to end. */
  async #pause(ms: number, hurriedMs = HURRIED_MS): Promise<void> {
    const { signal } = this.#aborted;
    const hurry = this.#hurry.signal;
    if (!hurry.aborted) await sleep(ms, undefined, { signal: hurry }).catch(() => {});
    if (hurry.aborted) await sleep(Math.min(ms, hurriedMs), undefined, { signal });
  }

  /** Events that had no room are told of as soon as there is some, behind those that came before them. */
  #reportMissed(): void {
    if (this.#missed > 0) this.#items.push({ missed: this.#missed, why: 'more came than Slack takes' });
    this.#missed = 0;
  }

  #makeOneMessage(): void {
    let { taken } = compose(this.#items);
    if (taken === this.#items.length) return;
    const why = 'the plugin has stopped';
    for (; taken >= 0; taken -= 1) {
      const rest = { missed: eventsIn(this.#items.slice(taken)), why };
      const items = [...this.#items.slice(0, taken), rest];
      if (compose(items).taken < items.length) continue;
      this.#items = items;
      return;
    }
  }
}

function sizeOf({ line, whole, plain }: Entry): number {
  return line.length + (whole === line ? 0 : whole.length) + plain.length;
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
