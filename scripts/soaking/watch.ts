import { memoryOf, openDescriptors } from '../measuring/process-usage.ts';
import type { EndpointProcess } from './endpoint-process.ts';
import { type Sample, type Trend, trend } from './flat.ts';

/** Usage of a process over time. */
interface Series {
  pid: number;
  /** Private dirty memory in bytes. */
  memory: Sample[];
  descriptors: Sample[];
}

export interface ProcessReport {
  name: string;
  memory: Trend;
  descriptors: Trend;
  samples: Pick<Series, 'memory' | 'descriptors'>;
}

const MEGABYTE = 1e6;
/**
 * Resolution of a sample, absolute or relative to the mean: an idle plugin may keep 8 MiB of garbage
 * (lib/plugin/garbage.ts), and the allocator some more.
 */
const MEMORY_STEP = 12 * MEGABYTE;
const MEMORY_PART = 0.1;
/** The number of connections varies. */
const DESCRIPTOR_STEP = 5;

/** Samples the endpoint and its plugins in quiet phases, except plugins that are killed on purpose. */
export class Watch {
  readonly #series = new Map<string, Series>();
  readonly #endpoint: EndpointProcess;
  readonly #ignored: ReadonlySet<string>;
  readonly #begun = performance.now();
  /** Unexpected deaths and restarts. */
  readonly deaths: string[] = [];

  constructor(endpoint: EndpointProcess, ignored: readonly string[]) {
    this.#endpoint = endpoint;
    this.#ignored = new Set(ignored);
  }

  sample(): void {
    const plugins = this.#endpoint.plugins().filter(({ name }) => !this.#ignored.has(name));
    const found = [{ name: 'endpoint', pid: this.#endpoint.pid }, ...plugins];
    for (const name of this.#series.keys()) {
      if (!found.some((process) => process.name === name)) this.#died(name);
    }
    for (const { name, pid } of found) this.#add(name, pid);
  }

  reports(): ProcessReport[] {
    return [...this.#series].map(([name, { memory, descriptors }]) => {
      const mean = memory.reduce((sum, [, bytes]) => sum + bytes, 0) / memory.length;
      return {
        name,
        memory: trend(memory, Math.max(MEMORY_STEP, MEMORY_PART * mean)),
        descriptors: trend(descriptors, DESCRIPTOR_STEP),
        samples: { memory, descriptors },
      };
    });
  }

  #add(name: string, pid: number): void {
    const known = this.#series.get(name);
    if (known !== undefined && known.pid !== pid) this.#died(name);
    const series = this.#series.get(name) ?? { pid, memory: [], descriptors: [] };
    this.#series.set(name, series);
    const time = (performance.now() - this.#begun) / 1000;
    try {
      const { privateDirty } = memoryOf(pid);
      series.memory.push([time, privateDirty]);
      series.descriptors.push([time, openDescriptors(pid)]);
    } catch {
      // It ended between two samples; the next one reports it.
    }
  }

  #died(name: string): void {
    this.deaths.push(name);
    this.#series.delete(name);
  }
}
