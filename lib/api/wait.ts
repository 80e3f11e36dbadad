import { isDeepStrictEqual } from 'node:util';
import { ModelError, type RawModel, TimeLimit } from '../models/index.ts';
import type { StreamItem } from './events/item.ts';
import { eventSelector } from './events/selector.ts';
import type { EventStream } from './events/stream.ts';
import { keyOf } from './keys.ts';
import type { Objects } from './objects.ts';

/** A condition on an object. */
export type ObjectTest = (object: Readonly<RawModel>) => boolean;

/** Holds when the field exists and its value, as JSON, equals `value`. */
export function equal(field: string, value: unknown): ObjectTest {
  const text: string | undefined = JSON.stringify(value);
  const expected: unknown = text === undefined ? undefined : JSON.parse(text);
  return (object) => Object.hasOwn(object, field) && isDeepStrictEqual(object[field], expected);
}

/** Holds when all of `tests` do. */
export function and(...tests: readonly ObjectTest[]): ObjectTest {
  return (object) => tests.every((test) => test(object));
}

/** Holds when one of `tests` does. */
export function or(...tests: readonly ObjectTest[]): ObjectTest {
  return (object) => tests.some((test) => test(object));
}

export function not(test: ObjectTest): ObjectTest {
  return (object) => !test(object);
}

/** How waiting ended: the test held, the time limit passed, or the signal was aborted. */
export type WaitResult = 'complete' | 'timeout' | 'interrupt';

/** Waits on `stream` and closes it. See `Client.waitFor`. */
export async function waitFor(
  objects: Objects<RawModel>,
  key: string,
  test: ObjectTest,
  stream: EventStream,
  timeout: number,
  signal: AbortSignal | undefined,
): Promise<WaitResult> {
  using limit = new TimeLimit(timeout);
  const ends = signal === undefined ? limit.signal : AbortSignal.any([limit.signal, signal]);
  try {
    await using _closed = stream;
    ends.addEventListener('abort', stream.close, { once: true });
    const first = await objects.get(key, { signal: ends });
    if (test(first)) return 'complete';
    // `key` may be the value of another index; events only have the key itself.
    const ownKey = keyOf(objects.prefix, first);
    const actions = ['update', 'save', 'delete'];
    const register = (action: string) =>
      stream.register(eventSelector(objects.prefix, action, ownKey), { signal: ends, timeout });
    await Promise.all(actions.map(register));
    // Changes before the registration cause no event.
    if (test(await objects.get(ownKey, { signal: ends }))) return 'complete';
    for await (const item of stream) {
      const object = objectIn(item, objects.prefix) ?? (await objects.get(ownKey, { signal: ends }));
      if (test(object)) return 'complete';
    }
    // The stream is closed. After an abort or the time limit the catch below returns that result; otherwise the client
    // was closed.
    throw new ModelError(400, 'The client is closed', { type: 'CLIENT_ERROR' });
  } catch (error) {
    if (signal?.aborted) return 'interrupt';
    if (limit.signal.aborted) return 'timeout';
    throw error;
  } finally {
    ends.removeEventListener('abort', stream.close);
  }
}

/** The object in the event; undefined when it has to be fetched. Throws ModelError 404 after its deletion. */
function objectIn({ event }: StreamItem, prefix: string): RawModel | undefined {
  if (event === undefined) return undefined;
  if (event.Action === 'delete') {
    throw new ModelError(404, 'Deleted while waiting for it', {
      type: 'CLIENT_ERROR',
      model: prefix,
      key: event.Key,
    });
  }
  const { Object: object } = event;
  const usable = typeof object === 'object' && object !== null && !Array.isArray(object);
  return usable ? (object as RawModel) : undefined;
}
