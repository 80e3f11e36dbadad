import { run } from '../../../cmd/drpkit/run.ts';

/** What a command line came to. */
export interface Outcome {
  code: number;
  stdout: string;
  stderr: string;
}

/**
 * A process that runs one command line of drpkit after the other, for tests that have many: each is the argument vector in
 * a message, and its outcome the answer. A process of its own because drpkit writes to stdout and sets the exit code.
 */
async function outcome(argv: readonly string[]): Promise<Outcome> {
  const written = { stdout: '', stderr: '' };
  for (const stream of ['stdout', 'stderr'] as const) {
    process[stream].write = (chunk: string | Uint8Array) => {
      written[stream] += typeof chunk === 'string' ? chunk : Buffer.from(chunk).toString();
      return true;
    };
  }
  process.exitCode = 0;
  await run(argv);
  return { code: Number(process.exitCode), ...written };
}

process.on('message', async (argv: readonly string[]) => process.send?.(await outcome(argv)));
