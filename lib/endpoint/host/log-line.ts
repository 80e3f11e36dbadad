import { LOG_LEVELS, type LogLevel, type LogLine, timestamp } from '../../models/index.ts';

let seq = 0;

/**
 * A log line of the host itself. As in dr-provision it makes no event: plugins would get the event and might log again.
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
 * The log line in the body of `POST /log`. Absent and invalid fields get defaults, since an incomplete line is better
 * than none. As in dr-provision, `fatal` and `panic` become `error`: they end a plugin, not the endpoint.
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
