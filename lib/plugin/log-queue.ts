import { type LogLine, timestamp } from '../models/index.ts';

/**
 * Sends encoded lines in order; resolves to the number of lines, from the first, that the endpoint has taken. Never
 * rejects.
 */
export type SendLines = (lines: readonly string[]) => Promise<number>;

/** How much unsent log text is kept, in characters. */
const CAPACITY = 8 * 1024 * 1024;
/** A longer message is cut and longer data are left out, so that one line cannot displace all others. */
const LONGEST_MESSAGE = 64 * 1024;
const LONGEST_DATA = 256 * 1024;
/** How many lines are sent at once. Waiting for each answer would slow down a busy plugin. */
const BATCH = 64;
const FIRST_PAUSE_MS = 50;
const LONGEST_PAUSE_MS = 2000;

/**
 * Queues log lines for the endpoint and sends them in order. Writing neither waits nor fails. While the endpoint takes
 * none, the newest lines are kept; the number of lost lines is reported first when it is back.
 */
export class LogQueue {
  readonly #service: string;
  readonly #send: SendLines;
  readonly #capacity: number;
  #lines: string[] = [];
  /** Index of the oldest unsent line. Cheaper than shifting the array for each line. */
  #head = 0;
  #size = 0;
  #dropped = 0;
  #draining: Promise<void> | undefined;
  #wake: (() => void) | undefined;

  /** `service` names the sender of the line that reports lost lines. */
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

  /** Resolves when all lines are sent, or after `limitMs`. */
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
    // Lets lines of one turn of the event loop be sent together.
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

  /** The lines to send next: the report of lost lines, else the oldest lines; empty when there is nothing. */
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

  /** A log line without group and sequence numbers, since it belongs to no request. */
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
