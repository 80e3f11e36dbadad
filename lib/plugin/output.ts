import { writeSync } from 'node:fs';

const STDOUT = 1;
const STDERR = 2;
/** How long a full pipe is waited for, in ms, and how often it is tried. */
const FULL_PIPE_LIMIT_MS = 10_000;
const FULL_PIPE_STEP_MS = 5;

/**
 * Writes text to stdout in full, and synchronously: `process.stdout` would load the stream and socket modules, which
 * costs time, and which write to stderr under NODE_DEBUG; an endpoint would take that for part of the definition.
 */
export function print(text: string): void {
  write(STDOUT, text);
}

export function printError(text: string): void {
  write(STDERR, text);
}

function write(descriptor: number, text: string): void {
  const bytes = Buffer.from(text);
  let waited = 0;
  for (let at = 0; at < bytes.length; ) {
    try {
      at += writeSync(descriptor, bytes, at);
    } catch (error) {
      // Nobody reads: there is no one to tell either.
      if ((error as NodeJS.ErrnoException).code !== 'EAGAIN' || waited >= FULL_PIPE_LIMIT_MS) return;
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, FULL_PIPE_STEP_MS);
      waited += FULL_PIPE_STEP_MS;
    }
  }
}
