import { setTimeout as sleep } from 'node:timers/promises';
import type { RawData, WebSocket } from 'ws';
import { type Event, ModelError, parseJson } from '../../models/index.ts';
import type { Connection } from '../connection.ts';
import { RETRY_DELAYS } from '../settings.ts';
import type { Gap } from './item.ts';
import { openSocket } from './socket.ts';

/** How long the endpoint may take to acknowledge all registrations of a new socket. */
const ACKNOWLEDGE_MS = 10_000;
const CLOSE_MS = 1000;

/** A consumer of a hub's events. */
export interface Listener {
  /** `bytes` is the size of the message. */
  event(event: Event, bytes: number): void;
  /** A message arrived that is not an event. */
  unreadable(): void;
  /** The connection is lost. The hub reconnects. */
  lost(reason: string): void;
  /** The connection is back, and all selectors are registered. */
  back(gap: Gap): void;
  /** The client is closed. */
  closed(): void;
}

/** A caller that waits for an acknowledgement. */
interface Waiter {
  ready: () => boolean;
  done: () => void;
  fail: (error: unknown) => void;
}

/** A loss of the connection, and who listened then. */
interface Outage {
  loss: Omit<Gap, 'to'>;
  listeners: readonly Listener[];
}

/**
 * The websocket that all event streams of a client share. It is open while selectors are registered. A lost connection
 * is reopened after growing pauses, and all selectors are registered again.
 */
export class EventHub {
  readonly #connection: Connection;
  readonly #listeners = new Set<Listener>();
  /** How many listeners want a selector. */
  readonly #wanted = new Map<string, number>();
  /** Selectors and how many of their register messages are not acknowledged. */
  readonly #outstanding = new Map<string, number>();
  /** Acknowledged selectors, with the acknowledging event. */
  readonly #registered = new Map<string, Event>();
  readonly #waiting = new Set<Waiter>();
  #socket: WebSocket | undefined;
  #running: AbortController | undefined;

  constructor(connection: Connection) {
    this.#connection = connection;
  }

  join(listener: Listener): void {
    this.#listeners.add(listener);
  }

  leave(listener: Listener): void {
    this.#listeners.delete(listener);
  }

  close(): void {
    for (const listener of [...this.#listeners]) listener.closed();
  }

  want(selector: string): void {
    const others = this.#wanted.get(selector) ?? 0;
    this.#wanted.set(selector, others + 1);
    if (others === 0) this.#register(selector);
    if (this.#running !== undefined) return;
    this.#running = new AbortController();
    void this.#run(this.#running.signal);
  }

  unwant(selector: string): void {
    const others = (this.#wanted.get(selector) ?? 1) - 1;
    if (others > 0) {
      this.#wanted.set(selector, others);
      return;
    }
    this.#wanted.delete(selector);
    this.#registered.delete(selector);
    this.#socket?.send(`deregister ${selector}`);
    if (this.#wanted.size === 0) this.#stop();
    else this.#settle();
  }

  /**
   * Waits until the endpoint has acknowledged `selector`, and returns the acknowledging event. Throws the reason of
   * `signal`, or ModelError when waiting is pointless: the endpoint refuses the connection, or the settings are wrong.
   */
  async acknowledged(selector: string, signal: AbortSignal): Promise<Event> {
    for (;;) {
      await this.#wait(() => this.#registered.has(selector), signal);
      const event = this.#registered.get(selector);
      // The connection may have been lost meanwhile.
      if (event !== undefined) return event;
    }
  }

  async #wait(ready: () => boolean, signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    if (ready()) return;
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const waiter = { ready, done: resolve, fail: reject };
    const abort = () => reject(signal.reason);
    this.#waiting.add(waiter);
    signal.addEventListener('abort', abort, { once: true });
    try {
      await promise;
    } finally {
      signal.removeEventListener('abort', abort);
      this.#waiting.delete(waiter);
    }
  }

  #settle(): void {
    for (const waiter of this.#waiting) if (waiter.ready()) waiter.done();
  }

  #stop(): void {
    this.#running?.abort();
    this.#running = undefined;
    const socket = this.#socket;
    this.#forget();
    if (socket === undefined) return;
    socket.close(1000);
    // A peer that does not answer must not delay the end of the process.
    setTimeout(() => socket.terminate(), CLOSE_MS).unref();
  }

  #forget(): void {
    this.#socket = undefined;
    this.#registered.clear();
    this.#outstanding.clear();
  }

  async #run(signal: AbortSignal): Promise<void> {
    let failures = 0;
    let wasUp = false;
    let outage: Outage | undefined;
    while (!signal.aborted) {
      let socket: WebSocket | undefined;
      try {
        socket = await openSocket(this.#connection, signal);
        const closed = this.#attach(socket, signal);
        await this.#registerAll(socket, closed, signal);
        failures = 0;
        wasUp = true;
        if (outage !== undefined) this.#tellBack(outage);
        outage = undefined;
        throw new Error(await closed);
      } catch (error) {
        if (signal.aborted) return;
        socket?.terminate();
        const reason = error instanceof Error ? error.message : String(error);
        if (wasUp) outage ??= { loss: { from: new Date(), reason }, listeners: [...this.#listeners] };
        this.#tellLost(reason, error);
      }
      const delays = this.#connection.settings.retryDelays;
      const delay = delays[Math.min(failures, delays.length - 1)] ?? RETRY_DELAYS[0];
      failures += 1;
      await sleep(delay, undefined, { signal }).catch(() => {});
    }
  }

  #tellLost(reason: string, error: unknown): void {
    for (const listener of this.#listeners) listener.lost(reason);
    if (!(error instanceof ModelError) || error.code >= 500) return;
    for (const waiter of this.#waiting) waiter.fail(error);
  }

  #tellBack({ loss, listeners }: Outage): void {
    const gap = { ...loss, to: new Date() };
    for (const listener of listeners) if (this.#listeners.has(listener)) listener.back(gap);
  }

  /** Uses `socket` until it closes. Resolves with the reason. */
  #attach(socket: WebSocket, signal: AbortSignal): Promise<string> {
    const { promise, resolve } = Promise.withResolvers<string>();
    this.#socket = socket;
    const beat = this.#heartbeat(socket, resolve);
    socket.on('message', (data, isBinary) => {
      if (!isBinary && !signal.aborted) this.#receive(data);
    });
    socket.on('error', (error) => resolve(error.message));
    socket.once('close', (code, reason) => {
      clearInterval(beat);
      if (this.#socket === socket) this.#forget();
      resolve(`connection closed (${code}${reason.length > 0 ? ` ${reason}` : ''})`);
    });
    return promise;
  }

  /** Detects a dead peer: the connection is lost when nothing arrives within one period after a ping. */
  #heartbeat(socket: WebSocket, lost: (reason: string) => void): NodeJS.Timeout {
    const { pingInterval } = this.#connection.settings;
    let heard = true;
    const alive = () => {
      heard = true;
    };
    socket.on('pong', alive);
    socket.on('ping', alive);
    socket.on('message', alive);
    return setInterval(() => {
      if (!heard) {
        lost(`nothing heard for ${pingInterval} ms`);
        socket.terminate();
        return;
      }
      heard = false;
      socket.ping();
    }, pingInterval);
  }

  async #registerAll(socket: WebSocket, closed: Promise<string>, signal: AbortSignal): Promise<void> {
    const selectors = [...this.#wanted.keys()];
    for (const selector of selectors) this.#register(selector);
    const ready = () => selectors.every((each) => this.#registered.has(each) || !this.#wanted.has(each));
    const limit = AbortSignal.any([signal, AbortSignal.timeout(ACKNOWLEDGE_MS)]);
    try {
      const failed = closed.then((reason) => Promise.reject(new Error(reason)));
      await Promise.race([this.#wait(ready, limit), failed]);
    } catch (error) {
      socket.terminate();
      throw error;
    }
  }

  #register(selector: string): void {
    if (this.#socket === undefined) return;
    this.#outstanding.set(selector, (this.#outstanding.get(selector) ?? 0) + 1);
    this.#socket.send(`register ${selector}`);
  }

  #receive(data: RawData): void {
    let event: Event | undefined;
    const text = data.toString();
    try {
      event = eventFrom(parseJson(text));
    } catch {
      // Handled below like any message that is not an event.
    }
    if (event === undefined) {
      for (const listener of this.#listeners) listener.unreadable();
    } else if (event.Type === 'websocket') {
      if (event.Action === 'register') this.#acknowledge(event);
    } else {
      for (const listener of this.#listeners) listener.event(event, text.length);
    }
  }

  #acknowledge(event: Event): void {
    const selector = event.Key;
    const others = (this.#outstanding.get(selector) ?? 1) - 1;
    // With several pending, one of them may be followed by a deregistration.
    if (others > 0) {
      this.#outstanding.set(selector, others);
      return;
    }
    this.#outstanding.delete(selector);
    if (!this.#wanted.has(selector)) return;
    this.#registered.set(selector, event);
    this.#settle();
  }
}

function eventFrom(value: unknown): Event | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  const event = value as Partial<Event>;
  const { Type, Action, Key } = event;
  if (typeof Type !== 'string' || typeof Action !== 'string' || typeof Key !== 'string') return undefined;
  const { Time, Principal, Object: object = null, Original = null } = event;
  return { Time: text(Time), Type, Action, Key, Principal: text(Principal), Object: object, Original };
}

function text(value: unknown): string {
  return typeof value === 'string' ? value : '';
}
