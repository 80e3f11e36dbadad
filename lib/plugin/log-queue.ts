import { type LogLine, timestamp } from '../models/index.ts';

/** Sends encoded lines in order; resolves to how many of them, from the first, the endpoint has taken. Never rejects. */
export type SendLines = (lines: readonly string[]) => Promise<number>;

/** How much unsent log text is kept, in characters. */
const CAPACITY = 8 * 1024 * 1024;
/** A longer message is cut, and longer data are left out, so that one line cannot push out all others. */
const LONGEST_MESSAGE = 64 * 1024;
const LONGEST_DATA = 256 * 1024;
/** How many lines are sent at once, so that a busy plugin does not wait for one answer after the other. */
const BATCH = 64;
const FIRST_PAUSE_MS = 50;
const LONGEST_PAUSE_MS = 2000;

/**
 * Log lines on their way to the endpoint: sent in the order in which they were written. Writing one neither waits nor fails. While the endpoint does not take them, the newest are kept; how many were lost is the first thing that
 * it is told when it is back.
 */
export class LogQueue {
  readonly #service: string;
  readonly #send: SendLines;
  readonly #capacity: number;
  #lines: string[] = [];
  /** Index of the oldest unsent line: cheaper than shifting the array at each. */
  #head = 0;
  #size = 0;
  #dropped = 0;
  #draining: Promise<void> | undefined;
  #wake: (() => void) | undefined;

  /** `service` names the sender of the line that reports a loss. */
  constructor(service: string, send: SendLines, capacity = CAPACITY) {
    this.#service = service;
    this.#send = send;
    this.#capacity = capacity;
  }

  push(line: LogLine): void {
    const text = lineJson(line);
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
    // Lines of one turn of the event loop go out together.
    await new Promise((resolve) => setImmediate(resolve));
    for (let batch = this.#next(); batch.length > 0; ) {
      const taken = await this.#send(batch);
      if (taken > 0) pause = FIRST_PAUSE_MS;
      if (taken >= batch.length) {
        batch = this.#next();
        continue;
      }
      batch = batch.slice(taken);
      await this.#sleep(pause);
      pause = Math.min(pause * 2, LONGEST_PAUSE_MS);
    }
    this.#draining = undefined;
  }

  /** What is to be sent next: the report of a loss, else the oldest lines; empty when there is nothing. */
  #next(): string[] {
    if (this.#dropped > 0) {
      const report = this.#droppedReport(this.#dropped);
      this.#dropped = 0;
      return [report];
    }
    const batch: string[] = [];
    while (batch.length < BATCH && this.#head < this.#lines.length) batch.push(this.#take());
    return batch;
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

  #take(): string {
    const line = this.#lines[this.#head] ?? '';
    this.#size -= line.length;
    this.#lines[this.#head] = '';
    this.#head += 1;
    if (this.#head >= 1024 || this.#head >= this.#lines.length) {
      this.#lines = this.#lines.slice(this.#head);
      this.#head = 0;
    }
    return line;
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

function lineJson(line: LogLine): string {
  const text = JSON.stringify(line);
  if (text.length <= LONGEST_MESSAGE) return text;
  const { Message, Data } = line;
  const data = JSON.stringify(Data).length;
  return JSON.stringify({
    ...line,
    Message: Message.length > LONGEST_MESSAGE ? `${Message.slice(0, LONGEST_MESSAGE)}…` : Message,
    Data: data > LONGEST_DATA ? [`${data} characters of data are left out`] : Data,
  });
}
