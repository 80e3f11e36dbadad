import { closeSync, openSync, readdirSync } from 'node:fs';
import { Lanplus } from '../../../lib/ipmi/lanplus/lanplus.ts';
import { FakeBmc } from '../../support/fake-bmc/fake-bmc.ts';
import { never, PATIENT, POWER } from './asker.ts';

/** Run with a limit on open files: uses them up, asks BMCs, and asks again once there are some. */
const bmc = await FakeBmc.start();
const { address, port, username, password } = bmc;
const files: number[] = [];
const access = (at: string) => ({ address: at, port, username, password });

async function ask(client: Lanplus, at: string): Promise<string> {
  try {
    const { code } = await client.withBmc(access(at), never, (session) => session.request(POWER));
    return `code ${code}`;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

const listener = { output: () => {}, over: () => {} };
const opened = (client: Lanplus) =>
  client.openConsole(access(address), never, listener).then(
    () => 'open',
    (error: unknown) => String(error),
  );

const before = readdirSync('/proc/self/fd').length;
// What is loaded later needs files.
const first = new Lanplus(PATIENT);
await ask(first, address);
first.close();
const client = new Lanplus(PATIENT);
try {
  for (;;) files.push(openSync('/dev/null', 'r'));
} catch {
  // None is left.
}
const begun = performance.now();
const without = await Promise.all([
  ask(client, address),
  ask(client, '::1'),
  ask(client, '127.0.0.2'),
  opened(client),
]);
const tookMs = performance.now() - begun;
for (const file of files) closeSync(file);
const again = await ask(client, address);
const shown = await opened(client);
client.close();
const left = readdirSync('/proc/self/fd').length - before;
process.stdout.write(JSON.stringify({ without, tookMs, again, shown, left }));
process.exit();
