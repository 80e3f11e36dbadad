import { readdirSync, readFileSync, writeFileSync } from 'node:fs';

/** Resource usage of processes from /proc (proc(5)). All functions throw when the process has ended. */

/** Of a second; the unit of times in /proc/PID/stat, the same on every Linux. */
const TICKS = 100;

/** CPU seconds, user and system, of a process. With `children`, also of ended children. */
export function cpuSeconds(pid: number, { children = false } = {}): number {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  // The program's name in parentheses may contain anything.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const times = fields.slice(11, children ? 15 : 13).map(Number);
  return times.reduce((sum, ticks) => sum + ticks, 0) / TICKS;
}

/** Memory in bytes. */
export interface Memory {
  /** Bytes in RAM, including shared pages. */
  resident: number;
  /** Bytes that only this process has written: what its end would free. */
  privateDirty: number;
}

export function memoryOf(pid: number): Memory {
  const rollup = readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8');
  return { resident: kilobytesIn(rollup, 'Rss'), privateDirty: kilobytesIn(rollup, 'Private_Dirty') };
}

/** Peak memory in RAM so far, in bytes. */
export function peakResident(pid: number): number {
  return kilobytesIn(readFileSync(`/proc/${pid}/status`, 'utf8'), 'VmHWM');
}

/** Resets `peakResident`, to exclude the start. */
export function forgetPeak(pid: number): void {
  writeFileSync(`/proc/${pid}/clear_refs`, '5');
}

export function openDescriptors(pid: number): number {
  return readdirSync(`/proc/${pid}/fd`).length;
}

/** Children of the main thread, which starts all children of Node.js. */
export function childCount(pid: number): number {
  return readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').split(' ').filter(Boolean).length;
}

function kilobytesIn(text: string, field: string): number {
  const found = new RegExp(`^${field}:\\s+(\\d+) kB$`, 'm').exec(text)?.[1];
  if (found === undefined) throw new Error(`/proc tells no ${field}`);
  return Number(found) * 1024;
}
