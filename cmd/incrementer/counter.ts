import { ConflictError, type Params } from '../../lib/api/index.ts';
import { ModelError, type RawModel, UUID } from '../../lib/models/index.ts';

/** How often a count is tried again after concurrent counts. */
const TRIES = 20;

/** The param to count in unless another is named. */
export const DEFAULT_COUNTER = 'incrementer/default';

/**
 * Adds `step` to a numeric param of an object (0 when unset) and returns the sum. Concurrent counts are all kept: each
 * writes only if the param still has the value that it read.
 */
export async function addToParam(
  params: Params,
  name: string,
  step: unknown,
  signal: AbortSignal,
): Promise<number> {
  const increment = numberIn(step, 'incrementer/step');
  for (let tries = 1; ; tries += 1) {
    const before = await params.get(name, { signal });
    const sum = (before === undefined ? 0 : numberIn(before, name)) + increment;
    try {
      await params.compareAndSet(name, before, sum, { signal });
      return sum;
    } catch (error) {
      if (!(error instanceof ConflictError) || tries >= TRIES) throw error;
    }
  }
}

/** The UUID of an action's machine. */
export function machineUuid(machine: RawModel): string {
  const { Uuid } = machine;
  if (typeof Uuid === 'string' && UUID.test(Uuid)) return Uuid;
  throw failure(409, `Model.Uuid: expected a UUID, found ${JSON.stringify(Uuid ?? null)}`);
}

function numberIn(value: unknown, name: string): number {
  if (typeof value === 'number') return value;
  throw failure(400, `${name}: expected a number, found ${JSON.stringify(value)}`);
}

function failure(code: number, message: string): ModelError {
  return new ModelError(code, message, { model: 'plugin', key: 'incrementer', type: 'plugin' });
}
