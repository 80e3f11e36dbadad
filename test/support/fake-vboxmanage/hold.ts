import { appendFileSync, existsSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import type { Host } from './world.ts';

/** Waits while a test has put the file `hold-POINT` there, and notes the point and the process in `held`. */
export async function hold({ home, signal }: Host, point: string): Promise<void> {
  const file = join(home, `hold-${point}`);
  if (!existsSync(file)) return;
  appendFileSync(join(home, 'held'), `${point} ${process.pid}\n`);
  while (existsSync(file)) await pause(10, undefined, { signal });
}
