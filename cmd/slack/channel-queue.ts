import { setTimeout as sleep } from 'node:timers/promises';
import type { Logger } from '../../lib/plugin/index.ts';
import { compose, eventsIn, type Item } from './compose.ts';
import type { Entry } from './entry.ts';
import { SlackFailure } from './failure.ts';
import type { Message } from './message.ts';
import type { Pace } from './pace.ts';

/** Limits of a queue: events, and characters of text. */
const MOST_EVENTS = 5000;
const MOST_TEXT = 8 * 1024 * 1024;

export interface ChannelQueueTimes {
  /** Pause in ms after a failed call. It doubles with each failure, */
  firstPauseMs: number;
  /** up to this. */
  longestPauseMs: number;
  /** After this many failed calls in a row, the message is dropped. */
  tries: number;
  /** Pause in ms after Slack refused the channel: an operator has to act first. */
  refusedMs: number;
}

/** Maximum pause in ms while the queue is being closed. */
const HURRIED_MS = 250;

const TIMES: ChannelQueueTimes = { firstPauseMs: 1000, longestPauseMs: 60_000, tries: 15, refusedMs: 60_000 };

/** Settings of a queue that change with the configuration. */
export interface Outlet {
  /** Name of the channel for the log. */
  name: string;
  pace: Pace;
  /** How long in ms events are collected for one message. */
  burstMs: number;
  /** Posts a message. Throws SlackFailure, or the reason of the signal. */
  post: (message: Message, signal: AbortSignal) => Promise<unknown>;
  /** Its lines do not become events. */
  log: Logger;
}

/**
 * The queue of one channel, with the loop that sends it. Events of a burst, and those that wait for Slack's rate limit,
 * share a message. When the queue is full, new events are dropped, and their number is posted in their place.
 */
export class ChannelQueue {
  readonly channel: string;
  readonly #times: ChannelQueueTimes;
  readonly #aborted = new AbortController();
  /** Aborted to shorten pauses. */
  readonly #hurry = new AbortController();
  #outlet: Outlet;
  /** Messages that are sent before all events. */
  #greetings: Message[] = [];
  #items: Item[] = [];
  #text = 0;
  /** The number of dropped events after the last item. */
  #missed = 0;
  #failures = 0;
  /** The failure that was logged last. Cleared by a success, so that each failure is logged once. */
  #said = '';
  #loop: Promise<void> | undefined;
  /** Set when the plugin stops: only one more message is sent. */
  #last = false;

  constructor(channel: string, outlet: Outlet, times: Partial<ChannelQueueTimes> = {}) {
    this.channel = channel;
    this.#outlet = outlet;
    this.#times = { ...TIMES, ...times };
  }

  /** Applies new settings from the next message on. */
  use(outlet: Outlet): void {
    this.#outlet = outlet;
  }

  /** Queues a message ahead of all events, unless it is in the queue already. */
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
   * Accepts no more events, and resolves when the queue is sent. After `limitMs` the rest is dropped and logged. With
   * `last`, one more message is sent, which counts the events that do not fit. When called again, the shorter limit
   * applies.
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

  /** Sends one message at a time until the queue is empty. Never rejects. */
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
        // Events that did not fit into a message are not collected any longer.
        collected &&= this.#items.length > 0;
      }
    } catch (error) {
      if (!signal.aborted)
        this.#outlet.log.error(`Sending to ${this.#outlet.name} failed: ${messageOf(error)}`);
    } finally {
      // No await between the last check and this: a later event starts a new loop.
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

  /** Posts a message. `again`: Slack did not take it, try again. */
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

  /** Waits for `ms`, or at most `hurriedMs` while the queue is being closed. */
  async #pause(ms: number, hurriedMs = HURRIED_MS): Promise<void> {
    const { signal } = this.#aborted;
    const hurry = this.#hurry.signal;
    if (!hurry.aborted) await sleep(ms, undefined, { signal: hurry }).catch(() => {});
    if (hurry.aborted) await sleep(Math.min(ms, hurriedMs), undefined, { signal });
  }

  /** Queues the number of dropped events behind the earlier ones when there is room. */
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
