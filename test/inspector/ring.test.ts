import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Filtered, Ring } from '../../lib/inspector/page/ring.ts';

interface Item {
  id: number;
  size: number;
}

const items = (from: number, to: number, size = 1): Item[] =>
  Array.from({ length: to - from + 1 }, (_, at) => ({ id: from + at, size }));
const ids = (list: readonly Item[]) => list.map(({ id }) => id);
const ring = (most: number, mostSize: number) => new Ring<Item>(most, mostSize, ({ size }) => size);

test('a ring keeps the newest, by number and by size, and always the last', () => {
  const kept = ring(5, 10);
  kept.add(items(1, 4));
  kept.add(items(5, 7));
  assert.deepEqual(ids(kept.items), [3, 4, 5, 6, 7]);
  kept.add(items(8, 8, 7));
  assert.deepEqual(ids(kept.items), [5, 6, 7, 8]);
  kept.add(items(9, 9, 100));
  assert.deepEqual(ids(kept.items), [9]);
  kept.add(items(10, 11));
  assert.deepEqual(ids(kept.items), [10, 11]);
  kept.clear();
  kept.add(items(12, 30));
  assert.deepEqual(ids(kept.items), [26, 27, 28, 29, 30]);
});

test('items are looked at once by a filter, and go when the ring drops them', () => {
  const kept = ring(10, 100);
  let looked = 0;
  const even = new Filtered(kept, ({ id }) => {
    looked += 1;
    return id % 2 === 0;
  });
  kept.add(items(1, 8));
  assert.deepEqual(ids(even.items()), [2, 4, 6, 8]);
  kept.add(items(9, 14));
  assert.deepEqual(ids(even.items()), [6, 8, 10, 12, 14]);
  const before = even.items();
  assert.equal(even.items(), before, 'the same list as long as nothing changes');
  assert.equal(looked, 14);
  kept.clear();
  assert.deepEqual(even.items(), []);
  kept.add(items(15, 16));
  assert.deepEqual(ids(even.items()), [16]);
});

test('an item that comes again takes its place, and is looked at again', () => {
  const kept = ring(10, 100);
  const large = new Filtered(kept, ({ size }) => size > 1);
  kept.put(items(1, 4));
  assert.deepEqual(large.items(), []);
  kept.put([...items(2, 2, 5), ...items(5, 5)]);
  assert.deepEqual(ids(kept.items), [1, 2, 3, 4, 5]);
  assert.deepEqual(ids(large.items()), [2]);
});
