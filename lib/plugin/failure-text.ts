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
  if (thrown instanceof Error) return thrown.message;
  return typeof thrown === 'string' ? thrown : inspect(thrown, { depth: 2, breakLength: Infinity });
}
