import { writeSync } from 'node:fs';
import { visible } from './visible.ts';

const STDOUT = 1;

/** Settles when buffered output has been written to a slow reader. */
let kept: Promise<void> = Promise.resolve();

/** Resolves when all output has been written, or can never be. */
export function printed(): Promise<void> {
  return kept;
}

function keep(stream: NodeJS.WriteStream, text: string | Uint8Array): Promise<void> {
  const before = kept;
  const { promise, resolve } = Promise.withResolvers<void>();
  stream.write(text, () => resolve());
  kept = before.then(() => promise);
  return promise;
}

/** Writes to stdout, waiting for a slow reader. Ends the process when the reader is gone. */
export async function print(text: string | Uint8Array): Promise<void> {
  let rest = typeof text === 'string' ? Buffer.from(text) : text;
  try {
    // Like process.stdout, which takes 3 ms to load the stream modules.
    while (rest.length > 0) rest = rest.subarray(writeSync(STDOUT, rest));
  } catch (error) {
    if (codeOf(error) !== 'EAGAIN') return endWithout(error);
    // Another program that shares stdout has made it non-blocking.
    await printWaiting(rest);
  }
}

async function printWaiting(rest: Uint8Array): Promise<void> {
  const { stdout } = process;
  if (stdout.listenerCount('error') === 0) stdout.on('error', endWithout);
  await keep(stdout, rest);
}

/** 141 is the exit code of shells for a program ended by a closed pipe, for example by `head`. */
function endWithout(error: unknown): never {
  process.exit(codeOf(error) === 'EPIPE' ? 141 : 1);
}

function codeOf(error: unknown): unknown {
  return error instanceof Error && 'code' in error ? error.code : undefined;
}

/** Copies a stream to stdout. */
export async function printAll(source: AsyncIterable<string | Uint8Array>): Promise<void> {
  for await (const chunk of source) await print(chunk);
}

/** Writes log lines and errors to stderr, with control characters made visible. */
export function printError(text: string): void {
  const { stderr } = process;
  // A closed or full stderr must not end the command.
  if (stderr.listenerCount('error') === 0) stderr.on('error', () => {});
  void keep(stderr, visible(text));
}
