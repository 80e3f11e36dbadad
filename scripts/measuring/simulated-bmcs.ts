import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import type { Scratch } from './scratch.ts';

const SERVER = join(import.meta.dirname, 'bmc-server.ts');

/** Where simulated BMCs are: one at each port from the first on. All have the user admin with the password s3cr3t. */
export interface BmcRange {
  address: string;
  /** Below the ports that the system gives to clients by itself. */
  firstPort: number;
  count: number;
  /** How many processes they are in. */
  processes: number;
}

/** Starts BMCs, which end when they are disposed of. Throws an Error when they do not start. */
export async function startBmcs(scratch: Scratch, range: BmcRange): Promise<Disposable> {
  const { address, firstPort, count, processes } = range;
  const each = Math.ceil(count / processes);
  const ends: (() => void)[] = [];
  await Promise.all(
    Array.from({ length: processes }, async (_, index) => {
      const args = [SERVER, address, String(firstPort + index * each), String(each)];
      const server = scratch.own(spawn(process.execPath, args, { stdio: ['pipe', 'pipe', 'inherit'] }));
      ends.push(() => server.stdin?.end());
      const ready = server.stdout === null ? undefined : once(server.stdout, 'data');
      const ended = once(server, 'exit').then(() =>
        Promise.reject(new Error('a simulator of BMCs did not start')),
      );
      ended.catch(() => {});
      await Promise.race([ready, ended]);
    }),
  );
  return {
    [Symbol.dispose]() {
      for (const end of ends) end();
    },
  };
}
