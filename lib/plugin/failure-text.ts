import { inspect } from 'node:util';
import { ModelError } from '../models/index.ts';
import { stackOf } from './call-site.ts';

/** A thrown value as text for the log: the message and, unless it is a ModelError, the stack below it. */
export function failureText(thrown: unknown): string {
  return [thrownMessage(thrown), ...(ModelError.from(thrown) === undefined ? stackOf(thrown) : [])].join(
    '\n',
  );
}

/** Limits the chain, since errors can be each other's causes. */
const MOST_CAUSES = 5;

/**
 * The message of a thrown value, which may be anything. For an Error with the messages of its causes: `fetch`, for
 * instance, says no more than "fetch failed" itself.
 */
export function thrownMessage(thrown: unknown): string {
  try {
    const said: unknown = thrown instanceof Error ? withCauses(thrown) : thrown;
    return typeof said === 'string' ? said : inspect(said, { depth: 2, breakLength: Infinity });
  } catch {
    // A getter or a trap of a Proxy may throw again.
    return 'something that cannot be shown';
  }
}

function withCauses(error: Error): unknown {
  const { message }: { message: unknown } = error;
  // A ModelError is complete: its cause is not for the caller.
  if (typeof message !== 'string' || error instanceof ModelError) return message;
  let text = message;
  let { cause } = error;
  for (let depth = 0; cause instanceof Error && depth < MOST_CAUSES; depth += 1) {
    // An AggregateError of several connection attempts has only a code.
    const said = cause.message || String((cause as { code?: unknown }).code ?? cause.name);
    if (!text.includes(said)) text += `: ${said}`;
    cause = cause.cause;
  }
  return text;
}
