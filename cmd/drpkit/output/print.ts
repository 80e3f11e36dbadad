import { writeSync } from 'node:fs';
import { visible } from './visible.ts';

const STDOUT = 1;

/** Settles when the last text has left that Node.js had to keep for a slow reader. */
let kept: Promise<void> = Promise.resolve();

/** Resolves when all that was printed has been read, or never will be. */
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

/** Writes to stdout, and waits while the reader is slow. When the reader is gone, the process ends. */
export async function print(text: string | Uint8Array): Promise<void> {
  let rest = typeof text === 'string' ? Buffer.from(text) : text;
  try {
    // process.stdout does the same, but takes 3 ms to load what streams need.
    while (rest.length > 0) rest = rest.subarray(writeSync(STDOUT, rest));
  } catch (error) {
    if (codeOf(error) !== 'EAGAIN') return endWithout(error);
    // Another program that shares it has made it one that does not wait.
    await printWaiting(rest);
  }
}

async function printWaiting(rest: Uint8Array): Promise<void> {
  const { stdout } = process;
  if (stdout.listenerCount('error') === 0) stdout.on('error', endWithout);
  await keep(stdout, rest);
}

/** 141 is what shells say of a program that a closed pipe has ended: `head` has seen enough. */
function endWithout(error: unknown): never {
  process.exit(codeOf(error) === 'EPIPE' ? 141 : 1);
}

function codeOf(error: unknown): unknown {
  return error instanceof Error && 'code' in error ? error.code : undefined;
}

/** Writes what comes in to stdout, as it is. */
export async function printAll(source: AsyncIterable<string | Uint8Array>): Promise<void> {
  for await (const chunk of source) await print(chunk);
}

/** Writes to stderr, for people: log lines and errors, with what others have put into them. */
export function printError(text: string): void {
  const { stderr } = process;
  // What runs must not end because nobody reads this any more, or the disk that it is kept on is full.
  if (stderr.listenerCount('error') === 0) stderr.on('error', () => {});
  void keep(stderr, visible(text));
}
