import { FakeBmc } from '../../test/support/fake-bmc/fake-bmc.ts';

/** Many BMCs in one process: `bmc-server ADDRESS FIRST-PORT COUNT`. Says `ready`, and ends with its standard input. */

const [address, first, count] = process.argv.slice(2);
for (let index = 0; index < Number(count); index += 1) {
  // The suite that all of them are asked with, so that both sides do the same.
  const bmc = await FakeBmc.start({ address, port: Number(first) + index, suites: [3] });
  // What is noted for tests would be memory without end here.
  bmc.received.push = () => 0;
  bmc.sequences.push = () => 0;
}
process.stdin.on('end', () => process.exit()).resume();
process.stdout.write('ready\n');
