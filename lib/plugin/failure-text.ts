import { ModelError } from '../models/index.ts';
import { stackOf } from './call-site.ts';

/** What was thrown, as text for the log: the message, and below it, unless it is a ModelError, where it comes from. */
export function failureText(thrown: unknown): string {
  const message = thrown instanceof Error ? thrown.message : String(thrown);
  return [message, ...(ModelError.from(thrown) === undefined ? stackOf(thrown) : [])].join('\n');
}
