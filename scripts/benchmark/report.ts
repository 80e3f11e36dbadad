import type { Section } from './figure.ts';
import type { Machine } from './machine.ts';

/** The result of a benchmark run, as `--json` writes it. */
export interface Report {
  machine: Machine;
  /** Versions of the executables to compare with, by name. */
  against: Record<string, string>;
  sections: Section[];
}

/** Machine and versions as lines of text. */
export function headLines({ machine, against }: Report): string[] {
  const { time, processor, processors, memoryGb, system, load, node, version, ipmitool } = machine;
  const others = Object.entries(against).map(([name, what]) => `${name} (${what})`);
  return [
    `${time}, version ${version}, Node.js ${node}, ipmitool ${ipmitool}`,
    `${processors} x ${processor}, ${memoryGb} GB, ${system}, load average at the start ${load.toFixed(1)}`,
    ...(others.length === 0 ? [] : [`compared with: ${others.join(', ')}`]),
  ];
}
