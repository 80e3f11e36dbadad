const LONGEST = 1_000;

/**
 * For what happens when a limit is reached in the middle of something: calls `attempt` with a limit that doubles until what
 * comes before the middle was quick enough, however slow the machine is. `attempt` returns undefined when it was not.
 * `first` is in any unit.
 */
export async function growingLimit<T>(
  first: number,
  attempt: (limit: number) => Promise<T | undefined>,
): Promise<T> {
  for (let limit = first; limit <= LONGEST * first; limit *= 2) {
    const found = await attempt(limit);
    if (found !== undefined) return found;
  }
  throw new Error(`the limit was reached too soon, up to ${LONGEST} times ${first}`);
}

/** What `work` fails with. Fails when it does not. */
export async function failureOf(work: Promise<unknown>): Promise<Error> {
  const outcome = await work.then(
    (value) => ({ value }),
    (error: unknown) => ({ error }),
  );
  if ('error' in outcome && outcome.error instanceof Error) return outcome.error;
  throw new Error(`expected an error, found ${JSON.stringify(outcome)}`);
}
