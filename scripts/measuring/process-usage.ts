import { readdirSync, readFileSync, writeFileSync } from 'node:fs';

/** What processes use, as Linux tells it in /proc (proc(5)). All of it throws when the process is gone. */

/** Of a second; the unit of times in /proc/PID/stat, the same on every Linux. */
const TICKS = 100;

/** Seconds of CPU, user and system, that a process has used. With `children`, also those of children that have ended. */
export function cpuSeconds(pid: number, { children = false } = {}): number {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  // The name of the program, in parentheses, may hold anything.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const times = fields.slice(11, children ? 15 : 13).map(Number);
  return times.reduce((sum, ticks) => sum + ticks, 0) / TICKS;
}

/** Memory in bytes. */
export interface Memory {
  /** What of it is in RAM, pages that it shares with others included. */
  resident: number;
  /** Pages that this process alone has written to: what would be free without it. */
  privateDirty: number;
}

export function memoryOf(pid: number): Memory {
  const rollup = readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8');
  return { resident: kilobytesIn(rollup, 'Rss'), privateDirty: kilobytesIn(rollup, 'Private_Dirty') };
}

/** The most that was in RAM so far, in bytes. */
export function peakResident(pid: number): number {
  return kilobytesIn(readFileSync(`/proc/${pid}/status`, 'utf8'), 'VmHWM');
}

/** From now on `peakResident` is of what comes: a start is not what is measured. */
export function forgetPeak(pid: number): void {
  writeFileSync(`/proc/${pid}/clear_refs`, '5');
}

export function openDescriptors(pid: number): number {
  return readdirSync(`/proc/${pid}/fd`).length;
}

/** Children of the main thread, which is the one of Node.js that starts any. */
export function childCount(pid: number): number {
  return readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').split(' ').filter(Boolean).length;
}

function kilobytesIn(text: string, field: string): number {
  const found = new RegExp(`^${field}:\\s+(\\d+) kB$`, 'm').exec(text)?.[1];
  if (found === undefined) throw new Error(`/proc tells no ${field}`);
  return Number(found) * 1024;
}
