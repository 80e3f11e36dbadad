import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Figure, isMet } from '../../scripts/benchmark/figure.ts';
import { interleaved, ratio } from '../../scripts/benchmark/interleave.ts';
import { numberText } from '../../scripts/benchmark/number.ts';
import type { Report } from '../../scripts/benchmark/report.ts';
import { svg } from '../../scripts/benchmark/svg.ts';
import { table } from '../../scripts/benchmark/table.ts';

const figures: Figure[] = [
  { what: 'bare node', value: 20, unit: 'ms' },
  { what: 'fast', value: 22, unit: 'ms', ratio: { value: 1.1, over: 'bare node', goal: { most: 1.25 } } },
  { what: 'slow', value: 50, unit: 'ms', ratio: { value: 2.5, over: 'bare node', goal: { most: 1.25 } } },
  {
    what: 'calls',
    value: 12345.6,
    unit: 'per s',
    ratio: { value: 3, over: 'other <b>', goal: { least: 1 } },
  },
  { what: 'size', value: 118.6, unit: 'MB', ratio: { value: 1.02, over: 'base' } },
];
const report: Report = {
  machine: {
    time: '2030-01-01T00:00:00.000Z',
    processor: 'Processor',
    processors: 2,
    memoryGb: 8,
    system: 'Linux 6',
    load: 0.5,
    node: 'v26',
    version: 'v1',
    ipmitool: '1.8.19',
  },
  against: { incrementer: 'v4' },
  sections: [{ title: 'Start', figures, notes: ['What it means.'] }],
};

test('measurements are taken by turns, in the opposite order in every second round, after one that does not count', async () => {
  const order: string[] = [];
  const measure = (name: string) => async () => order.push(name);
  const measurements = new Map([
    ['a', measure('a')],
    ['b', measure('b')],
  ]);
  const values = await interleaved(2, measurements);
  assert.deepEqual(order, ['a', 'b', 'b', 'a', 'a', 'b']);
  assert.deepEqual(values('a'), [4, 5]);
  assert.deepEqual(values('b'), [3, 6]);
  assert.deepEqual(values('c'), []);
});

test('a ratio is the median of the pairs', () => {
  assert.deepEqual(ratio([2, 30, 8], [1, 10, 2], 'other', { most: 3 }), {
    value: 3,
    over: 'other',
    goal: { most: 3 },
  });
});

test('a goal is met or missed, at most or at least', () => {
  assert.deepEqual(figures.map(isMet), [undefined, true, false, true, undefined]);
});

test('the table has every figure with its ratio, goal and bar, and says where it was measured', () => {
  const text = table(report);
  assert.match(text, /2 x Processor, 8 GB, Linux 6, load average at the start 0\.5/);
  assert.match(text, /version v1, Node\.js v26, ipmitool 1\.8\.19/);
  assert.match(text, /compared with: incrementer \(v4\)/);
  assert.match(text, /^ {2}fast +22 {2}ms +1\.10 {2}x bare node +<= 1\.25 {2}met +█+[▏▎▍▌▋▊▉]? *\|$/m);
  assert.match(text, /^ {2}slow +50 {2}ms +2\.50 {2}x bare node +<= 1\.25 {2}MISSED +█+\|█+$/m);
  assert.match(text, /^ {2}calls +12,346 {2}per s +3 {2}x other <b> +>= 1 +met +█+\|█+$/m);
  assert.match(text, /^ {2}What it means\.$/m);
});

test('the drawing has a bar for every ratio, and escapes what XML would read', () => {
  const drawn = svg(report);
  assert.match(drawn, /^<svg xmlns="http:\/\/www\.w3\.org\/2000\/svg" /);
  assert.equal(drawn.match(/<rect [^>]*class="(met|missed|plain)"/g)?.length, 4 + 3);
  assert.match(drawn, /class="missed"/);
  assert.match(drawn, /3 x other &lt;b&gt; \(12,346 per s\)/);
  assert.doesNotMatch(drawn, /<b>|NaN|undefined/);
});

test('numbers have three digits, and all of those before the point', () => {
  assert.deepEqual([0, 16, 0.1234, 1.005, 123.456, 98765.4, Number.NaN].map(numberText), [
    '0',
    '16',
    '0.123',
    '1.00',
    '123',
    '98,765',
    '-',
  ]);
});
