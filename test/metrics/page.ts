import assert from 'node:assert/strict';

/** One line of a page: `name{label="value"} 1`. */
export interface PageSample {
  name: string;
  labels: Record<string, string>;
  value: number;
}

const SAMPLE = /^([a-zA-Z_:][a-zA-Z0-9_:]*)(?:\{(.*)\})? (\S+)$/;
const LABEL = /([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\\n]|\\[\\"n])*)"(?:,|$)/y;
const ESCAPED: Readonly<Record<string, string>> = { n: '\n', '\\': '\\', '"': '"' };

/**
 * Reads a page of metrics as the text format 0.0.4 of Prometheus has it, and its conventions as `promtool check metrics`
 * does: each metric has its help and type before its numbers, all of it in one place and no number twice; counters end in
 * `_total`; a histogram has cumulated buckets up to +Inf, a sum and a count.
 */
export function readPage(text: string): PageSample[] {
  assert.ok(text.endsWith('\n'));
  const samples: PageSample[] = [];
  const seen = new Set<string>();
  let help: string | undefined;
  let metric: { name: string; type: string } | undefined;
  for (const line of text.slice(0, -1).split('\n')) {
    const [, keyword, name = '', rest = ''] = /^# (HELP|TYPE) (\S+) (.+)$/.exec(line) ?? [];
    if (keyword === 'HELP') {
      assert.ok(!seen.has(name), `${name} comes once`);
      seen.add(name);
      help = name;
      metric = undefined;
    } else if (keyword === 'TYPE') {
      assert.equal(name, help, line);
      assert.match(rest, /^(counter|gauge|histogram)$/, line);
      assert.equal(name.endsWith('_total'), rest === 'counter', line);
      metric = { name, type: rest };
    } else {
      const sample = readSample(line);
      assert.ok(metric !== undefined, line);
      assert.ok(namesOf(metric).includes(sample.name), `${line} belongs to ${metric.name}`);
      assert.equal(
        sample.name.endsWith('_bucket') && metric.type === 'histogram',
        'le' in sample.labels,
        line,
      );
      if (metric.type !== 'gauge') assert.ok(sample.value >= 0, line);
      samples.push(sample);
    }
  }
  const keys = samples.map(keyOf);
  assert.deepEqual(keys, [...new Set(keys)]);
  for (const sample of samples.filter(({ name, labels }) => name.endsWith('_count') && !('le' in labels)))
    checkHistogram(sample, samples);
  return samples;
}

function namesOf({ name, type }: { name: string; type: string }): string[] {
  return type === 'histogram' ? [`${name}_bucket`, `${name}_sum`, `${name}_count`] : [name];
}

function readSample(line: string): PageSample {
  const [all, name = '', inner = '', value = ''] = SAMPLE.exec(line) ?? [];
  assert.ok(all !== undefined, line);
  const labels: Record<string, string> = {};
  LABEL.lastIndex = 0;
  for (let at = 0; at < inner.length; at = LABEL.lastIndex) {
    const [pair, label = '', text = ''] = LABEL.exec(inner) ?? [];
    assert.ok(pair !== undefined && !(label in labels), line);
    labels[label] = text.replace(/\\(.)/g, (_, one: string) => ESCAPED[one] ?? '');
  }
  const number = value === '+Inf' ? Number.POSITIVE_INFINITY : Number(value);
  assert.ok(!Number.isNaN(number), line);
  return { name, labels, value: number };
}

function keyOf({ name, labels }: PageSample): string {
  return JSON.stringify([name, ...Object.entries(labels).toSorted()]);
}

function checkHistogram(count: PageSample, samples: readonly PageSample[]): void {
  const base = count.name.slice(0, -'_count'.length);
  const labelsOf = ({ labels: { le, ...labels } }: PageSample) => keyOf({ name: '', labels, value: 0 });
  const own = samples.filter((sample) => labelsOf(sample) === labelsOf(count));
  assert.equal(own.filter(({ name }) => name === `${base}_sum`).length, 1, base);
  const buckets = own.filter(({ name }) => name === `${base}_bucket`);
  const bounds = buckets.map(({ labels: { le = '' } }) =>
    le === '+Inf' ? Number.POSITIVE_INFINITY : Number(le),
  );
  assert.deepEqual(
    bounds,
    [...new Set(bounds)].toSorted((one, other) => one - other),
  );
  assert.equal(bounds.at(-1), Number.POSITIVE_INFINITY);
  const values = buckets.map(({ value }) => value);
  assert.deepEqual(
    values,
    values.toSorted((one, other) => one - other),
  );
  assert.equal(values.at(-1), count.value);
}
