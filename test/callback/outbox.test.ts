import assert from 'node:assert/strict';
import { mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { Outbox } from '../../cmd/callback/outbox.ts';
import { PendingStore } from '../../cmd/callback/pending.ts';
import { until } from '../support/until.ts';

const HOUR = 3_600_000;

/** Things to send that end when they are told to. */
class Sends {
  readonly begun: string[] = [];
  readonly #ends = new Map<string, (result: 'done' | 'again') => void>();

  waiting(queue: string, name: string, bytes = 1, callback = '') {
    return {
      queue,
      callback,
      bytes,
      send: () => {
        this.begun.push(name);
        return new Promise<'done' | 'again'>((resolve) => this.#ends.set(name, resolve));
      },
    };
  }

  async end(name: string, result: 'done' | 'again' = 'done'): Promise<void> {
    await until(() => this.#ends.has(name), name);
    this.#ends.get(name)?.(result);
    this.#ends.delete(name);
  }
}

test('what is about one object goes out one after the other, for so many objects at once', async () => {
  const [outbox, sends] = [new Outbox({ atOnce: 2 }), new Sends()];
  for (const [queue, name] of [
    ['a', 'a1'],
    ['a', 'a2'],
    ['b', 'b1'],
    ['c', 'c1'],
  ] as const) {
    assert.ok(outbox.add(sends.waiting(queue, name)));
  }
  await until(() => sends.begun.length === 2, 'two');
  assert.deepEqual(sends.begun, ['a1', 'b1']);
  await sends.end('b1');
  await until(() => sends.begun.length === 3, 'the third');
  await sends.end('a1');
  await until(() => sends.begun.length === 4, 'the fourth');
  assert.deepEqual(sends.begun, ['a1', 'b1', 'c1', 'a2']);
  await Promise.all([sends.end('c1'), sends.end('a2')]);
  assert.equal(await outbox.end(HOUR), 0);
});

test('too much is not taken: for one object, over all, in bytes', () => {
  const sends = new Sends();
  const outbox = new Outbox({ perQueue: 2, overAll: 4, bytes: 10 });
  const add = (queue: string, bytes = 1) => outbox.add(sends.waiting(queue, queue, bytes));
  assert.deepEqual([add('a'), add('a'), add('a')], [true, true, false]);
  assert.deepEqual([add('b', 9), add('b', 8), add('c', 0), add('d', 0)], [false, true, true, false]);
  // But for what is kept in a file.
  assert.equal(outbox.add(sends.waiting('a', 'kept', 0), { isKept: true }), true);
});

test('what is to be tried again keeps its place, and those of other objects pass', async () => {
  const [outbox, sends] = [new Outbox({ firstPauseMs: 1, longestPauseMs: 1 }), new Sends()];
  for (const [queue, name] of [
    ['a', 'a1'],
    ['a', 'a2'],
    ['b', 'b1'],
  ] as const)
    outbox.add(sends.waiting(queue, name));
  await sends.end('a1', 'again');
  await sends.end('b1');
  await sends.end('a1');
  await sends.end('a2');
  assert.equal(await outbox.end(HOUR), 0);
  assert.deepEqual(
    sends.begun.filter((name) => name !== 'b1'),
    ['a1', 'a1', 'a2'],
  );
});

test('what is to be tried again holds up those of its own callback, and no others of the object', async () => {
  const [outbox, sends] = [new Outbox({ firstPauseMs: HOUR, longestPauseMs: HOUR }), new Sends()];
  const add = (name: string, callback: string) => outbox.add(sends.waiting('a', name, 1, callback));
  for (const [name, callback] of [
    ['x1', 'x'],
    ['x2', 'x'],
    ['y1', 'y'],
  ] as const) {
    add(name, callback);
  }
  await sends.end('x1', 'again');
  await sends.end('y1');
  // Nothing is due any more: what comes now is not held up by that.
  await until(() => outbox.size === 2, 'the pause');
  add('y2', 'y');
  await sends.end('y2');
  assert.deepEqual(sends.begun, ['x1', 'y1', 'y2']);
  const ended = outbox.end(HOUR);
  await sends.end('x1');
  await sends.end('x2');
  assert.equal(await ended, 0);
});

test('at the end what waits is sent as far as there is time, pauses are cut, and what is left is counted', async () => {
  const [outbox, sends] = [new Outbox({ firstPauseMs: HOUR, longestPauseMs: HOUR }), new Sends()];
  for (const name of ['a1', 'a2']) outbox.add(sends.waiting('a', name));
  outbox.add(sends.waiting('b', 'b1'));
  outbox.add({
    queue: 'c',
    callback: '',
    bytes: 1,
    send: (signal) => new Promise((resolve) => signal.addEventListener('abort', () => resolve('again'))),
  });
  await sends.end('b1', 'again');
  await sends.end('a1');
  const ended = outbox.end(100);
  assert.equal(outbox.add(sends.waiting('d', 'd1')), false);
  await Promise.all([sends.end('a2'), sends.end('b1', 'again')]);
  assert.equal(await ended, 2);
});

test('what is kept is there for the next to open the file, in order, and for nobody else', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'callback-'));
  const file = join(folder, 'kept.db');
  const signal = AbortSignal.timeout(60_000);
  const event = {
    Time: '',
    Type: 'machines',
    Action: 'update',
    Key: 'k',
    Principal: '',
    Object: { a: 'ä' },
    Original: null,
  };
  const pending = {
    id: 'id-1',
    callback: 'c',
    about: 'machine',
    queue: 'machines/k',
    event,
    since: 5,
  } as const;
  {
    using store = await PendingStore.open(file, signal);
    const numbers = [
      store.add(pending),
      store.add({ ...pending, id: 'id-2' }),
      store.add({ ...pending, id: 'id-3' }),
    ];
    store.remove(numbers[1] ?? 0);
    await assert.rejects(PendingStore.open(file, AbortSignal.timeout(300)), { name: 'TimeoutError' });
  }
  using store = await PendingStore.open(file, signal);
  const all = store.all();
  assert.deepEqual(
    all.map(({ queue }) => queue),
    ['machines/k', 'machines/k'],
  );
  assert.deepEqual(
    all.map(({ number }) => store.get(number)),
    [pending, { ...pending, id: 'id-3' }],
  );
  assert.equal(((await stat(file)).mode & 0o777).toString(8), '600');
  await assert.rejects(PendingStore.open(folder, signal), { code: 500 });
  await rm(folder, { recursive: true });
});
