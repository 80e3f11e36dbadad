import { setTimeout as pause } from 'node:timers/promises';
import { endedBeforeTls, timeoutOf, wasCutOff, wasRefused } from '../https/index.ts';
import { LONGEST_PAUSE, ModelError, refusal, retryPause } from '../models/index.ts';
import type { Incoming } from './connection.ts';
import { type Effect, type Later, laterOf } from './later.ts';

/**
 * How long an action may wait in total for answers that mean "later". Requests that are answered normally use up
 * nothing.
 */
export class Patience {
  readonly limitMs: number;
  /** The param that sets the limit. */
  readonly param: string;
  #spentMs = 0;

  constructor(limitMs: number, param: string) {
    this.limitMs = limitMs;
    this.param = param;
  }

  get leftMs(): number {
    return this.limitMs - this.#spentMs;
  }

  spend(ms: number): void {
    this.#spentMs += ms;
  }

  /** A part of the patience that ends after `limitMs` at the latest. */
  within(limitMs: number): Patience {
    return new Patience(Math.min(limitMs, Math.max(0, this.leftMs)), this.param);
  }
}

interface Attempts {
  effect: Effect;
  patience: Patience;
  /** Pause in ms before the first repetition. Later ones grow to ten times as long. */
  pollMs: number;
  signal: AbortSignal;
  /** Answers to return although they may mean "later". */
  isFinal?: (incoming: Incoming) => boolean;
  /** Whether transport failures are thrown immediately, because the BMC has not answered in this action yet. */
  isFirst?: boolean;
  /** Whether to ignore the limits of repetitions in LATER and continue until the time limit. */
  stubborn?: boolean;
}

/** The last answer, with a text about how long it was tried; undefined without repetitions. */
export interface Settled {
  incoming: Incoming;
  tried: string | undefined;
}

interface Outcome {
  incoming?: Incoming;
  error?: unknown;
}

/**
 * Repeats a request while its answer means "later" (see LATER), and returns the last answer when the time limit has
 * passed. Transport failures are repeated too, where that is safe. Throws what `send` throws, and the signal's reason.
 */
export async function untilReady(send: () => Promise<Incoming>, attempts: Attempts): Promise<Settled> {
  const { patience, pollMs, signal } = attempts;
  const start = performance.now();
  for (let tries = 0; ; tries++) {
    const outcome: Outcome = await send().then(
      (incoming) => ({ incoming }),
      (error: unknown) => ({ error }),
    );
    signal.throwIfAborted();
    const later = laterIn(outcome, attempts);
    const spentMs = performance.now() - start;
    const leftMs = patience.leftMs - spentMs;
    if (later === undefined || leftMs <= 0 || tries >= mostTries(later, attempts)) {
      if (tries > 0) patience.spend(spentMs);
      return settled(outcome, tries > 0 ? triedFor(spentMs, patience) : undefined);
    }
    const pauseMs = Math.max(later.afterMs ?? 0, retryPause(tries) * pollMs);
    // Limited even if the service asks for a longer pause.
    const ms = Math.min(pauseMs, LONGEST_PAUSE * pollMs, leftMs);
    await pause(ms, undefined, { signal }).catch(() => signal.throwIfAborted());
  }
}

function mostTries({ row }: Later, { stubborn = false }: Attempts): number {
  return stubborn ? Number.POSITIVE_INFINITY : (row.tries ?? Number.POSITIVE_INFINITY);
}

function laterIn(
  { incoming, error }: Outcome,
  { effect, isFinal, isFirst = false }: Attempts,
): Later | undefined {
  if (incoming !== undefined) return isFinal?.(incoming) === true ? undefined : laterOf(incoming, effect);
  if (isFirst) return undefined;
  const row = FAILURES.find(({ test }) => test(error));
  if (row === undefined || (row.outcome === 'unknown' && effect === 'once')) return undefined;
  return { row, afterMs: undefined };
}

/** Transport failures that mean "later" once the BMC has answered in this action: it may be restarting. */
const FAILURES = [
  { test: wasRefused, outcome: 'not done', source: 'no connection, so nothing was sent' },
  { test: endedBeforeTls, outcome: 'not done', source: 'no connection, so nothing was sent' },
  {
    test: wasCutOff,
    outcome: 'unknown',
    source: 'polls after a reset (the connection goes with the BMC’s web server)',
  },
  { test: (error: unknown) => timeoutOf(error) !== '', outcome: 'unknown', source: 'no answer in time' },
] as const;

function settled({ incoming, error }: Outcome, tried: string | undefined): Settled {
  if (incoming !== undefined) return { incoming, tried };
  const known = error instanceof ModelError && tried !== undefined;
  throw known ? refusal(error.code, [...error.messages, tried], error.cause) : error;
}

/** How long it was tried, for the end of an error message. */
function triedFor(ms: number, { param }: Patience): string {
  return `it was tried again for ${Math.round(ms / 100) / 10} s (${param})`;
}
