import { ModelError } from '../../models/index.ts';
import { ending, endOutput, launch, signalGroup } from './launch.ts';

export interface CommandOptions {
  env: NodeJS.ProcessEnv;
  /** Time limit in ms. */
  limit: number;
  signal?: AbortSignal;
}

/** Limit in bytes. Content packs are large, but endless output must not use up all memory. */
const LONGEST_OUTPUT = 64 * 1024 * 1024;
const SHOWN = 2_000;

/**
 * Runs `PROVIDER COMMAND ...` and returns its output, stdout and stderr merged in order. Throws ModelError with the
 * output when the program cannot be run, exits with a code other than 0, or exceeds the limits of time or output.
 */
export async function runCommand(
  file: string,
  args: readonly string[],
  options: CommandOptions,
): Promise<string> {
  const { env, limit, signal } = options;
  const command = args[0];
  const child = await launch(file, args, { env, stdin: 'null', signal });
  const chunks: Buffer[] = [];
  let size = 0;
  let failure: string | undefined;
  const fail = (why: string) => {
    failure ??= why;
    signalGroup(child, 'SIGKILL');
  };
  for (const stream of [child.stdout, child.stderr]) {
    stream?.on('error', () => {});
    stream?.on('data', (chunk: Buffer) => {
      size += chunk.length;
      if (size > LONGEST_OUTPUT) fail(`${command} printed more than ${LONGEST_OUTPUT} bytes`);
      else chunks.push(chunk);
    });
  }
  const timer = setTimeout(() => fail(`${command} did not end within ${limit / 1000} s`), limit);
  const onAbort = () => fail(`${command} was cancelled`);
  signal?.addEventListener('abort', onAbort, { once: true });
  if (signal?.aborted) onAbort();
  const { promise, resolve } = Promise.withResolvers<void>();
  child.once('exit', () => endOutput(child));
  child.once('close', () => resolve());
  await promise;
  clearTimeout(timer);
  signal?.removeEventListener('abort', onAbort);
  const output = Buffer.concat(chunks).toString('utf8');
  if (failure === undefined && child.exitCode === 0) return output;
  throw new ModelError(500, [
    failure ?? `${command} ${ending(child.exitCode, child.signalCode)}`,
    ...excerpt(output),
  ]);
}

/** The beginning of an output as messages; none when it is empty. */
export function excerpt(output: string): string[] {
  const text = output.trim();
  if (text === '') return [];
  return [`output: ${text.length > SHOWN ? `${text.slice(0, SHOWN)}...` : text}`];
}
