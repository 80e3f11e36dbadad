import { type LogLine, timestamp } from '../models/index.ts';

/** Sends one encoded line; resolves to false when the endpoint could not be reached, so that it is worth another try. */
export type SendLine = (body: string) => Promise<boolean>;

/** How much unsent log text is kept, in characters. */
const CAPACITY = 8 * 1024 * 1024;
/** A longer message is cut, so that one line cannot push out all others. */
const LONGEST_MESSAGE = 64 * 1024;
const FIRST_PAUSE_MS = 50;
const LONGEST_PAUSE_MS = 2000;

/**
 * Log lines on their way to the endpoint: sent one after the other in the order in which they were written,
 * by nobody's leave and in nobody's way. While the endpoint does not take them, the newest are kept; how
 * many were lost is the first thing that it is told when it is back.
 */
export class LogQueue {
  readonly #service: string;
  readonly #send: SendLine;
  readonly #capacity: number;
  #lines: string[] = [];
  /** Index of the oldest unsent line: cheaper than shifting the array at each. */
  #head = 0;
  #size = 0;
  #dropped = 0;
  #draining: Promise<void> | undefined;
  #wake: (() => void) | undefined;

  /** `service` names the sender of the line that reports a loss. */
  constructor(service: string, send: SendLine, capacity = CAPACITY) {
    this.#service = service;
    this.#send = send;
    this.#capacity = capacity;
  }

  push(line: LogLine): void {
    const cut = line.Message.length > LONGEST_MESSAGE;
    const text = JSON.stringify(
      cut ? { ...line, Message: `${line.Message.slice(0, LONGEST_MESSAGE)}…` } : line,
    );
    if (text.length > this.#capacity) {
      this.#dropped += 1;
      return;
    }
    this.#lines.push(text);
    this.#size += text.length;
    while (this.#size > this.#capacity) {
      this.#take();
      this.#dropped += 1;
    }
    this.#draining ??= this.#drain();
  }

  /** Resolves when everything is sent, or after `limitMs`. */
  async flush(limitMs: number): Promise<void> {
    if (this.#draining === undefined) return;
    this.#wake?.();
    const { promise: expired, resolve } = Promise.withResolvers<void>();
    const timer = setTimeout(resolve, limitMs);
    await Promise.race([this.#draining, expired]);
    clearTimeout(timer);
  }

  async #drain(): Promise<void> {
    let pause = FIRST_PAUSE_MS;
    for (;;) {
      const dropped = this.#dropped;
      const text = dropped > 0 ? this.#droppedReport(dropped) : this.#lines[this.#head];
      if (text === undefined) break;
      if (await this.#send(text)) {
        pause = FIRST_PAUSE_MS;
        if (dropped > 0) this.#dropped -= dropped;
        // Overflow may have dropped this very line while it was on its way.
        else if (this.#lines[this.#head] === text) this.#take();
      } else {
        await this.#sleep(pause);
        pause = Math.min(pause * 2, LONGEST_PAUSE_MS);
      }
    }
    this.#draining = undefined;
  }

  /** A line of no group and sequence, as it belongs to no request. */
  #droppedReport(count: number): string {
    const report: LogLine = {
      Group: 0,
      Seq: 0,
      Time: timestamp(),
      Service: this.#service,
      Principal: '',
      Level: 'warn',
      File: '',
      Line: 0,
      Message: `${count} log lines were dropped because the endpoint did not take them in time`,
      Data: [],
      IgnorePublish: true,
    };
    return JSON.stringify(report);
  }

  #take(): void {
    this.#size -= this.#lines[this.#head]?.length ?? 0;
    this.#lines[this.#head] = '';
    this.#head += 1;
    if (this.#head < 1024 && this.#head < this.#lines.length) return;
    this.#lines = this.#lines.slice(this.#head);
    this.#head = 0;
  }

  async #sleep(ms: number): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    const timer = setTimeout(resolve, ms);
    timer.unref();
    this.#wake = resolve;
    await promise;
    clearTimeout(timer);
    this.#wake = undefined;
  }
}
