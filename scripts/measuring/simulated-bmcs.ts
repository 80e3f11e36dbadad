import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import type { Scratch } from './scratch.ts';

const SERVER = join(import.meta.dirname, 'bmc-server.ts');

/** Addresses of simulated BMCs, at consecutive ports. All have user admin with password s3cr3t. */
export interface BmcRange {
  address: string;
  /** Below the range of ephemeral ports. */
  firstPort: number;
  count: number;
  /** The number of processes that serve them. */
  processes: number;
}

/** Starts BMCs, which end on disposal. Throws an Error when they do not start. */
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
