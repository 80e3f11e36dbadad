import type { Section } from './figure.ts';
import type { Machine } from './machine.ts';

/** All that one run of the bench has found out; what `--json` writes. */
export interface Report {
  machine: Machine;
  /** What the executables that were compared with say that their version is, by name. */
  against: Record<string, string>;
  sections: Section[];
}

/** What was measured where and with what, for people. */
export function headLines({ machine, against }: Report): string[] {
  const { time, processor, processors, memoryGb, system, load, node, version, ipmitool } = machine;
  const others = Object.entries(against).map(([name, what]) => `${name} (${what})`);
  return [
    `${time}, version ${version}, Node.js ${node}, ipmitool ${ipmitool}`,
    `${processors} x ${processor}, ${memoryGb} GB, ${system}, load average at the start ${load.toFixed(1)}`,
    ...(others.length === 0 ? [] : [`compared with: ${others.join(', ')}`]),
  ];
}
