import { LOG_LEVELS, type LogLevel, type LogLine, timestamp } from '../../models/index.ts';

let seq = 0;

/**
 * A line that the host itself writes. No event is made of it: as with the original, an event about it would
 * go to plugins, which would print again.
 */
export function hostLine(
  level: LogLevel,
  message: string,
  about: { service: string; principal: string },
): LogLine {
  seq += 1;
  return {
    Group: 0,
    Seq: seq,
    Time: timestamp(),
    Service: about.service,
    Principal: about.principal,
    Level: level,
    File: '',
    Line: 0,
    Message: message,
    Data: [],
    IgnorePublish: true,
  };
}

/**
 * The line in the body of `POST /log`. What is absent or of another type is filled in, because a log line that
 * is half wrong is worth more than none. `fatal` and `panic` end processes, so they become `error`, as in the
 * original: the plugin's end is not the endpoint's.
 */
export function postedLine(body: unknown): LogLine {
  const line: Partial<Record<keyof LogLine, unknown>> = typeof body === 'object' && body !== null ? body : {};
  return {
    Group: number(line.Group),
    Seq: number(line.Seq),
    Time: text(line.Time) || timestamp(),
    Service: text(line.Service),
    Principal: text(line.Principal),
    Level: level(line.Level),
    File: text(line.File),
    Line: number(line.Line),
    Message: text(line.Message),
    Data: Array.isArray(line.Data) ? line.Data : [],
    IgnorePublish: line.IgnorePublish === true,
  };
}

function level(value: unknown): LogLevel {
  const known = LOG_LEVELS.find((candidate) => candidate === value) ?? 'info';
  return known === 'fatal' || known === 'panic' ? 'error' : known;
}

function number(value: unknown): number {
  return typeof value === 'number' ? value : 0;
}

function text(value: unknown): string {
  return typeof value === 'string' ? value : '';
}
