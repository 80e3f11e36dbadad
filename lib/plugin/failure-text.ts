import { inspect } from 'node:util';
import { ModelError } from '../models/index.ts';
import { stackOf } from './call-site.ts';

/** What was thrown, as text for the log: the message, and below it, unless it is a ModelError, where it comes from. */
export function failureText(thrown: unknown): string {
  return [thrownMessage(thrown), ...(ModelError.from(thrown) === undefined ? stackOf(thrown) : [])].join(
    '\n',
  );
}

/** The message of what was thrown, which may be anything: not all of it has a text. */
export function thrownMessage(thrown: unknown): string {
  try {
    const said: unknown = thrown instanceof Error ? thrown.message : thrown;
    return typeof said === 'string' ? said : inspect(said, { depth: 2, breakLength: Infinity });
  } catch {
    // A getter or a trap of a Proxy throws in its turn.
    return 'something that cannot be shown';
  }
}
