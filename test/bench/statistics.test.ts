import assert from 'node:assert/strict';
import { test } from 'node:test';
import { leastSquares, median, quantile } from '../../scripts/measuring/statistics.ts';

test('the median is the middle of the values, or the mean of the two in the middle', () => {
  assert.equal(median([9, 1, 5]), 5);
  assert.equal(median([10, 1, 4, 2]), 3);
  assert.ok(Number.isNaN(median([])));
});

test('a quantile has its share of the values below it', () => {
  const values = Array.from({ length: 101 }, (_, index) => 100 - index);
  assert.equal(quantile(values, 0.99), 99);
  assert.equal(quantile(values, 0), 0);
  assert.equal(quantile(values, 1), 100);
});

test('a line through points on a line has its slope, without error', () => {
  const line = leastSquares([0, 1, 2, 3].map((x) => [x, 5 + 2 * x] as const));
  assert.equal(line.slope, 2);
  assert.equal(line.slopeError, 0);
  assert.equal(line.mean, 8);
});

test('a line through scattered points says how far chance may turn it', () => {
  const points = Array.from({ length: 40 }, (_, x) => [x, x % 2 === 0 ? 10 : -10] as const);
  const { slope, slopeError } = leastSquares(points);
  assert.ok(Math.abs(slope) < 2 * slopeError, `slope ${slope}, error ${slopeError}`);
});

test('points that say nothing of a slope have none', () => {
  const flat = { slope: 0, slopeError: 0 };
  assert.deepEqual(leastSquares([]), { ...flat, mean: 0 });
  assert.deepEqual(
    leastSquares([
      [1, 4],
      [2, 9],
    ]),
    { ...flat, mean: 4 },
  );
  assert.deepEqual(
    leastSquares([
      [1, 4],
      [1, 5],
      [1, 6],
    ]),
    { ...flat, mean: 5 },
  );
});
