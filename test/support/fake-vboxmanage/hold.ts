import { appendFileSync, existsSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { lives } from '../lives.ts';
import type { Host } from './world.ts';

/** Waits while a test has put the file `hold-POINT` there, and notes the point and the process in `held`. */
export async function hold({ home, signal, caller }: Host, point: string): Promise<void> {
  const file = join(home, `hold-${point}`);
  if (!existsSync(file)) return;
  appendFileSync(join(home, 'held'), `${point} ${caller ?? process.pid}\n`);
  while (existsSync(file)) await pause(10, undefined, { signal });
  // What was killed at this point goes no further.
  if (caller !== undefined && !lives(caller)) throw new Error(`the command was killed at ${point}`);
}
