import { run } from '../../cmd/drpkit/run.ts';
import type { Outcome } from './runner.ts';

// The process of a Runner. One of its own, because drpkit writes to stdout and sets the exit code.

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
