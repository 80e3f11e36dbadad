import { type LogLevel, type LogLine, timestamp } from '../../models/index.ts';
import type { Events } from './events.ts';

const KEPT_LINES = 1000;

/** The latest lines of the log. Each becomes an event unless it sets IgnorePublish. */
export class Logs {
  readonly #events: Events;
  readonly #lines: LogLine[] = [];
  readonly #echo: ((line: LogLine) => void) | undefined;

  /** `echo` is also called with each line. */
  constructor(events: Events, echo?: (line: LogLine) => void) {
    this.#events = events;
    this.#echo = echo;
  }

  add(line: LogLine): void {
    this.#lines.push(line);
    if (this.#lines.length > KEPT_LINES) this.#lines.shift();
    this.#echo?.(line);
    if (line.IgnorePublish) return;
    const { Level, Service, Principal } = line;
    this.#events.publish({ Type: 'log', Action: Level, Key: Service, Principal, Object: line });
  }

  /** Oldest first. */
  lines(): readonly LogLine[] {
    return this.#lines;
  }
}

/** A line written by the endpoint itself. */
export function endpointLine(level: LogLevel, message: string): LogLine {
  return {
    Group: 0,
    Seq: 0,
    Time: timestamp(),
    Service: 'endpoint',
    Principal: 'system',
    Level: level,
    File: '',
    Line: 0,
    Message: message,
    Data: [],
    IgnorePublish: false,
  };
}
