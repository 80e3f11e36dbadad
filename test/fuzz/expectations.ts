import assert from 'node:assert/strict';
import { ModelError } from '../../lib/models/index.ts';

const own = new Map(
  [Object.prototype, Array.prototype, Function.prototype, String.prototype].map((prototype) => [
    prototype,
    Reflect.ownKeys(prototype).length,
  ]),
);

/** Checks that nothing was added to what all objects inherit from. */
export function assertUnpolluted(): void {
  for (const [prototype, keys] of own)
    assert.equal(Reflect.ownKeys(prototype).length, keys, 'a prototype was changed');
}

/** What `read` returns, or the ModelError that it threw. Fails for any other error, and for one that HTTP has no status for. */
export function cleanly<T>(read: () => T): T | ModelError {
  try {
    return read();
  } catch (error) {
    return clean(error);
  } finally {
    assertUnpolluted();
  }
}

/** As `cleanly`, of what takes its time. */
export async function cleanlyLater<T>(read: () => Promise<T>): Promise<T | ModelError> {
  try {
    return await read();
  } catch (error) {
    return clean(error);
  } finally {
    assertUnpolluted();
  }
}

function clean(error: unknown): ModelError {
  if (!(error instanceof ModelError)) throw error;
  assert.ok(error.code >= 400 && error.code <= 599, `code ${error.code}`);
  assertModelError(JSON.parse(JSON.stringify(error)));
  return error;
}

/** Checks the shape of a `models.Error` as it travels. */
export function assertModelError(value: unknown): void {
  assert.ok(typeof value === 'object' && value !== null, 'no object');
  assert.deepEqual(Object.keys(value), ['Model', 'Key', 'Type', 'Messages', 'Code']);
  const { Model, Key, Type, Messages, Code } = value as Record<string, unknown>;
  for (const text of [Model, Key, Type]) assert.equal(typeof text, 'string');
  assert.ok(Number.isInteger(Code), `Code ${Code}`);
  if (Messages === null) return;
  assert.ok(Array.isArray(Messages) && Messages.length > 0, 'Messages');
  for (const message of Messages) assert.equal(typeof message, 'string');
}
