import { run } from '../../cmd/drpkit/run.ts';
import type { Run } from './runner.ts';

// The process of a Runner. After each command line it writes an end mark to stdout and stderr.

/** Nothing that is printed has it: control characters are made visible. */
const END = '\0';

process.on('message', async ({ argv, env, cwd }: Run) => {
  for (const name of Object.keys(process.env)) delete process.env[name];
  Object.assign(process.env, env);
  process.chdir(cwd);
  process.exitCode = 0;
  await run(argv);
  // Whoever gave it may remove it.
  process.chdir('/');
  for (const stream of [process.stdout, process.stderr]) {
    await new Promise((done) => stream.write(END, done));
  }
  process.send?.(Number(process.exitCode));
});

process.on('disconnect', () => process.exit());
