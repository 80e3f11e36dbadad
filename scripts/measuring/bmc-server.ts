import { FakeBmc } from '../../test/support/fake-bmc/fake-bmc.ts';

/**
 * Many simulated BMCs in one process: `bmc-server ADDRESS FIRST-PORT COUNT`. Prints `ready`, and ends with its standard
 * input.
 */

const [address, first, count] = process.argv.slice(2);
for (let index = 0; index < Number(count); index += 1) {
  // A fixed suite, so that both transports do the same work.
  const bmc = await FakeBmc.start({ address, port: Number(first) + index, suites: [3] });
  // Recording requests, as tests need, would fill the memory.
  bmc.received.push = () => 0;
  bmc.sequences.push = () => 0;
}
process.stdin.on('end', () => process.exit()).resume();
process.stdout.write('ready\n');
