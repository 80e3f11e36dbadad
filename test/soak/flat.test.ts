import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Sample, trend } from '../../scripts/soaking/flat.ts';

const ALLOWANCE = 5;

/** Twenty samples, which scatter by 3 to both sides of a line. */
function series(value: (index: number) => number): Sample[] {
  return Array.from({ length: 20 }, (_, index) => [index * 30, value(index) + (index % 2 === 0 ? 3 : -3)]);
}

test('a series that scatters is flat, and one that shrinks', () => {
  assert.equal(
    trend(
      series(() => 100),
      ALLOWANCE,
    ).flat,
    true,
  );
  assert.equal(
    trend(
      series((index) => 100 - index * 5),
      ALLOWANCE,
    ).flat,
    true,
  );
});

test('a series that grows by more than it scatters is not flat, and the growth is told', () => {
  const { flat, growth } = trend(
    series((index) => 100 + index * 2),
    ALLOWANCE,
  );
  assert.equal(flat, false);
  // From the sixth sample to the last.
  assert.ok(Math.abs(growth - 28) < 5, `${growth}`);
});

test('what fills at the beginning and then stays is flat', () => {
  assert.equal(
    trend(
      series((index) => 100 + Math.min(index, 5) * 20),
      ALLOWANCE,
    ).flat,
    true,
  );
});

test('growth within the allowance is flat even when it is sure', () => {
  const samples: Sample[] = [0, 1, 2, 3, 4, 5, 6, 7].map((time) => [time, 100 + time * 0.5]);
  assert.equal(trend(samples, ALLOWANCE).flat, true);
  assert.equal(trend(samples, 1).flat, false);
});

test('the same growth may be chance with few samples, and is not with many', () => {
  const grown = (count: number) =>
    trend(
      Array.from({ length: count }, (_, index): Sample => [index / count, 100 + (index / count) * 8]),
      ALLOWANCE,
    ).flat;
  assert.deepEqual([grown(5), grown(30)], [true, false]);
});
