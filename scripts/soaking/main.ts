import { writeFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import { builtExecutables, executablesIn, providersAmong } from '../measuring/executables.ts';
import { exitOnSignals, Scratch } from '../measuring/scratch.ts';
import { reportText } from './report.ts';
import { slope, slopeText } from './slope.ts';
import { soak } from './soak.ts';

const usage = `usage: scripts/soak [--slope] [--minutes N] [--json FILE] [--bin FOLDER]

Runs all providers under a development endpoint, under mixed load and with faults, and fails when memory or descriptors
of a process grow, a call stays without an answer, a process dies that was not killed, or an acknowledged write is lost.

  --slope        call ipmi alone, without faults and pauses, natively and by ipmitool, and fit a line to its memory
  --minutes N    how long (10)
  --json FILE    write what was found to FILE
  --bin FOLDER   run the executables in there, in place of building them first
`;

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      slope: { type: 'boolean' },
      minutes: { type: 'string', default: '10' },
      json: { type: 'string' },
      bin: { type: 'string' },
      help: { type: 'boolean', short: 'h' },
    },
  });
  if (values.help) {
    process.stdout.write(usage);
    return;
  }
  if (process.platform !== 'linux') throw new Error('runs on Linux only, by what /proc tells');
  const minutes = Number(values.minutes);
  if (!(minutes > 0 && minutes <= 7 * 24 * 60)) {
    throw new Error(
      `--minutes: expected a number above 0, a week at most, found ${JSON.stringify(values.minutes)}`,
    );
  }
  exitOnSignals();
  const executables = await (values.bin === undefined ? builtExecutables() : executablesIn(values.bin));
  using scratch = new Scratch();
  const progress = (line: string) => void process.stderr.write(`soak: ${line}\n`);
  if (values.slope) {
    const file = executables.get('ipmi');
    if (file === undefined) throw new Error('--slope: there is no executable of ipmi');
    const reports = await slope({ scratch, file, minutes, progress });
    process.stdout.write(slopeText(reports, minutes));
    if (values.json !== undefined) await writeFile(values.json, `${JSON.stringify(reports, null, 2)}\n`);
    if (reports.some(({ resident, dirty }) => !resident.flat || !dirty.flat)) process.exitCode = 1;
    return;
  }
  const report = await soak({ scratch, providers: await providersAmong(executables), minutes, progress });
  process.stdout.write(reportText(report));
  if (values.json !== undefined) await writeFile(values.json, `${JSON.stringify(report, null, 2)}\n`);
  if (report.problems.length > 0) process.exitCode = 1;
}

main().catch((error: unknown) => {
  process.exitCode = 1;
  console.error(`scripts/soak: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`);
});
