import { readFileSync } from 'node:fs';
import { platform } from 'node:process';

/**
 * Whether a process is there and does something. One that has ended and was not waited for does not: whoever inherits
 * orphans here may never wait for them.
 */
export function lives(pid: number): boolean {
  try {
    if (platform !== 'linux') return process.kill(pid, 0);
    return !/^\d+ \(.*\) [ZX]/s.test(readFileSync(`/proc/${pid}/stat`, 'utf8'));
  } catch {
    return false;
  }
}
