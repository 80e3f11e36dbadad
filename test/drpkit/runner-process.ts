import { run } from '../../cmd/drpkit/run.ts';

// The process of a Runner. After each command line it writes an end mark to stdout and stderr.

/** Nothing that is printed has it: control characters are made visible. */
const END = '\0';

process.on('message', async (argv: readonly string[]) => {
  process.exitCode = 0;
  await run(argv);
  for (const stream of [process.stdout, process.stderr]) {
    await new Promise((done) => stream.write(END, done));
  }
  process.send?.(Number(process.exitCode));
});

process.on('disconnect', () => process.exit());
