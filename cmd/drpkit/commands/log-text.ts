import type { LogLine } from '../../../lib/models/index.ts';

/** A log line as text: `12:30:01.123 warn  ipmi: message {data}`. */
export function logText({ Time, Level, Service, Message, Data }: LogLine): string {
  const time = Time.replace(/^[^T]*T(\d\d:\d\d:\d\d)(\.\d{1,3})?.*$/s, '$1$2');
  const data = (Data ?? []).map((item) => ` ${typeof item === 'string' ? item : JSON.stringify(item)}`);
  return `${time} ${Level.padEnd(5)} ${Service}: ${Message}${data.join('')}`;
}
