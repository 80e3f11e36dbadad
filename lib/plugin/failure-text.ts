import { inspect } from 'node:util';
import { ModelError } from '../models/index.ts';
import { stackOf } from './call-site.ts';

/** What was thrown, as text for the log: the message, and below it, unless it is a ModelError, where it comes from. */
export function failureText(thrown: unknown): string {
  return [thrownMessage(thrown), ...(ModelError.from(thrown) === undefined ? stackOf(thrown) : [])].join(
    '\n',
  );
}

/** Errors may be each other's causes. */
const MOST_CAUSES = 5;

/**
 * The message of what was thrown, which may be anything: not all of it has a text. Of an Error also what caused it: `fetch` for
 * instance says no more than "fetch failed" itself.
 */
export function thrownMessage(thrown: unknown): string {
  try {
    const said: unknown = thrown instanceof Error ? withCauses(thrown) : thrown;
    return typeof said === 'string' ? said : inspect(said, { depth: 2, breakLength: Infinity });
  } catch {
    // A getter or a trap of a Proxy throws in its turn.
    return 'something that cannot be shown';
  }
}

function withCauses(error: Error): unknown {
  const { message }: { message: unknown } = error;
  // What a ModelError says is all that it is meant to say.
  if (typeof message !== 'string' || error instanceof ModelError) return message;
  let text = message;
  let { cause } = error;
  for (let depth = 0; cause instanceof Error && depth < MOST_CAUSES; depth += 1) {
    // That of several attempts has a code only.
    const said = cause.message || String((cause as { code?: unknown }).code ?? cause.name);
    if (!text.includes(said)) text += `: ${said}`;
    cause = cause.cause;
  }
  return text;
}
