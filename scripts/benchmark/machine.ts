import { execFile } from 'node:child_process';
import { cpus, loadavg, release, totalmem } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { versionOf } from '../../lib/project/index.ts';

/** The machine and its state. */
export interface Machine {
  /** RFC 3339. */
  time: string;
  processor: string;
  processors: number;
  memoryGb: number;
  system: string;
  /** The load average of the last minute. */
  load: number;
  node: string;
  version: string;
  ipmitool: string;
}

export async function describeMachine(): Promise<Machine> {
  const processors = cpus();
  return {
    time: new Date().toISOString(),
    processor: processors[0]?.model.trim() ?? 'unknown',
    processors: processors.length,
    memoryGb: Math.round(totalmem() / 1e9),
    system: `Linux ${release()}`,
    load: loadavg()[0] ?? Number.NaN,
    node: process.version,
    version: await versionOf(join(import.meta.dirname, '..', '..')),
    ipmitool: await ipmitoolVersion(),
  };
}

async function ipmitoolVersion(): Promise<string> {
  const { stdout } = await promisify(execFile)('ipmitool', ['-V'], { timeout: 10_000 });
  return /\d+(\.\d+)+/.exec(stdout)?.[0] ?? 'unknown';
}
