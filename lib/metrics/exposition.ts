/** One value of a metric, with the labels that distinguish it. */
export interface Sample {
  /** Appended to the metric's name; empty except for histograms. */
  suffix: '' | '_bucket' | '_sum' | '_count';
  labels: Readonly<Record<string, string>>;
  value: number;
}

export interface Metric {
  /** Letters, digits and `_`. */
  name: string;
  help: string;
  type: 'counter' | 'gauge' | 'histogram';
  samples(): Iterable<Sample>;
}

/** The Content-Type of `exposition`. */
export const EXPOSITION_TYPE = 'text/plain; version=0.0.4; charset=utf-8';

/** A metric whose value is measured when the page is requested. */
export function gauge(
  name: string,
  help: string,
  value: number,
  labels: Readonly<Record<string, string>> = {},
): Metric {
  return { name, help, type: 'gauge', samples: () => [{ suffix: '', labels, value }] };
}

/** Metrics in the text format of Prometheus, version 0.0.4. */
export function exposition(metrics: Iterable<Metric>): string {
  let page = '';
  for (const { name, help, type, samples } of metrics) {
    page += `# HELP ${name} ${escaped(help)}\n# TYPE ${name} ${type}\n`;
    for (const { suffix, labels, value } of samples())
      page += `${name}${suffix}${labelText(labels)} ${number(value)}\n`;
  }
  return page;
}

function labelText(labels: Sample['labels']): string {
  const pairs = Object.entries(labels).map(
    ([name, value]) => `${name}="${escaped(value).replaceAll('"', '\\"')}"`,
  );
  return pairs.length === 0 ? '' : `{${pairs.join(',')}}`;
}

function escaped(text: string): string {
  return text.replaceAll('\\', '\\\\').replaceAll('\n', '\\n');
}

/** In the syntax of Go's strconv.ParseFloat. */
function number(value: number): string {
  if (Number.isFinite(value) || Number.isNaN(value)) return String(value);
  return value > 0 ? '+Inf' : '-Inf';
}
