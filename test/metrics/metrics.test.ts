import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Counter, exposition, gauge, Histogram } from '../../lib/metrics/index.ts';
import { readPage } from './page.ts';

test('a page has help, type and numbers of each metric', () => {
  const calls = new Counter('x_calls_total', 'Calls.', { action: ['on', 'off'] });
  calls.add({ action: 'on' });
  calls.add({ action: 'off' });
  calls.add({ action: 'on' });
  const page = exposition([calls, gauge('x_free', 'What\nis\\free.', 2.5, { path: 'a"b\\c\nd' })]);
  assert.equal(
    page,
    [
      '# HELP x_calls_total Calls.',
      '# TYPE x_calls_total counter',
      'x_calls_total{action="on"} 2',
      'x_calls_total{action="off"} 1',
      '# HELP x_free What\\nis\\\\free.',
      '# TYPE x_free gauge',
      'x_free{path="a\\"b\\\\c\\nd"} 2.5',
      '',
    ].join('\n'),
  );
  assert.deepEqual(readPage(page).at(-1), { name: 'x_free', labels: { path: 'a"b\\c\nd' }, value: 2.5 });
});

test('a histogram counts what is at most a bound, cumulated', () => {
  const times = new Histogram('x_seconds', 'Times.', [0.125, 1], { how: ['native'] });
  for (const measured of [0.125, 0.25, 1, 7]) times.add({ how: 'native' }, measured);
  const samples = readPage(exposition([times]));
  assert.deepEqual(
    samples.map(({ name, labels, value }) => [name, labels.le, value]),
    [
      ['x_seconds_bucket', '0.125', 1],
      ['x_seconds_bucket', '1', 3],
      ['x_seconds_bucket', '+Inf', 4],
      ['x_seconds_sum', undefined, 8.375],
      ['x_seconds_count', undefined, 4],
    ],
  );
});

test('values that a label does not have are counted as one, however many they are', () => {
  const calls = new Counter('x_calls_total', 'Calls.', { action: ['on'] });
  for (let i = 0; i < 1_000; i += 1) calls.add({ action: `secret-${i}` });
  assert.deepEqual(readPage(exposition([calls])), [
    { name: 'x_calls_total', labels: { action: 'other' }, value: 1_000 },
  ]);
});
