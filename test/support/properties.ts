/**
 * Property tests: what comes from outside may be anything. Each property is tried with values that fast-check makes up.
 * The whole run of all tests gives the seed, so that it says what a change broke and never fails by chance; a file that
 * is run alone tries other values each time. When a property fails, fast-check prints the seed and the value; with
 * a number of runs it looks for the smallest value that fails. That gets a place among the examples of its property,
 * which are tried first in each run.
 *
 *     node --test test/fuzz/*.test.ts                    # some seconds
 *     FUZZ_RUNS=5000 node --test test/fuzz/*.test.ts     # by hand, after changes to anything that reads
 *     FUZZ_SEED=1234 node --test test/fuzz/NAME.test.ts  # what a report named
 */
import fc, { type Parameters } from 'fast-check';

/** How many values each property is tried with. */
const RUNS = 100;

const runs = Number(process.env.FUZZ_RUNS ?? RUNS);
if (!Number.isInteger(runs) || runs < 1) throw new RangeError('FUZZ_RUNS: expected a number of runs');

/** A single value that takes longer than this has found a hang. Far more than any takes on a busy machine. */
const LIMIT_MS = 20_000;

if (process.env.FUZZ_SEED !== undefined) fc.configureGlobal({ seed: Number(process.env.FUZZ_SEED) });

/** The search for the smallest value that fails may take longer than all else: it is for runs by hand. */
const byHand = process.env.FUZZ_RUNS !== undefined;

/** `examples` are tried first: values that once failed. */
export function parameters<T>(examples: T[] = []): Parameters<T> {
  return { endOnFailure: !byHand, examples, numRuns: runs + examples.length };
}

/** What `work` returns, if that took no longer than it may. It cannot be interrupted, but is found out. */
export function bounded<T>(work: () => T): T {
  const began = performance.now();
  const result = work();
  const took = performance.now() - began;
  if (took > LIMIT_MS) throw new Error(`took ${Math.round(took)} ms`);
  return result;
}

const SURROGATES = { from: 0xd800, count: 0x800 };

/**
 * Unit of strings of any characters at all, as fast-check's own `binary`, which takes seconds to be made: it makes a list of
 * all million characters.
 */
export const anyCharacter = fc.nat(0x10ffff - SURROGATES.count).map(
  (index) => String.fromCodePoint(index < SURROGATES.from ? index : index + SURROGATES.count),
  (text) => {
    const code = typeof text === 'string' ? (text.codePointAt(0) ?? -1) : -1;
    if (code < 0 || text !== String.fromCodePoint(code)) throw new Error('not one character');
    return code < SURROGATES.from ? code : code - SURROGATES.count;
  },
);

export { fc };
