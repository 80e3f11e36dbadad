import { once } from 'node:events';
import { visible } from './visible.ts';

/** Writes to stdout, and waits while the reader is slow. When the reader is gone, the process ends. */
export async function print(text: string | Uint8Array): Promise<void> {
  const { stdout } = process;
  if (stdout.listenerCount('error') === 0) {
    stdout.on('error', (error: NodeJS.ErrnoException) => {
      // What `head` has seen enough of. 141 is what shells say of a program that a closed pipe has ended.
      process.exit(error.code === 'EPIPE' ? 141 : 1);
    });
  }
  if (!stdout.write(text)) await once(stdout, 'drain');
}

/** Writes what comes in to stdout, as it is. */
export async function printAll(source: AsyncIterable<string | Uint8Array>): Promise<void> {
  for await (const chunk of source) await print(chunk);
}

/** Writes to stderr, for people: log lines and errors, with what others have put into them. */
export function printError(text: string): void {
  process.stderr.write(visible(text));
}
