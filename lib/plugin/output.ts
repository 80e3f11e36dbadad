import { writeSync } from 'node:fs';

const STDOUT = 1;
const STDERR = 2;
/** How long a full pipe is waited for, in ms, and how often it is tried. */
const FULL_PIPE_LIMIT_MS = 10_000;
const FULL_PIPE_STEP_MS = 5;

/** Nobody reads, so that there is no one to tell either: a pipe without a reader, a descriptor that is closed. */
const NO_READER = new Set<string | undefined>(['EPIPE', 'EBADF']);

/**
 * Writes text to stdout in full, and synchronously: `process.stdout` would load the stream and socket modules, which
 * costs time, and which write to stderr under NODE_DEBUG; an endpoint would take that for part of the definition.
 * Throws when what is there cannot take it, a full disk for instance, so that half an output is no success.
 */
export function print(text: string): void {
  write(STDOUT, text);
}

/** The same to stderr, as far as that can be: there is nowhere to say that it cannot. */
export function printError(text: string): void {
  try {
    write(STDERR, text);
  } catch {
    // See above.
  }
}

function write(descriptor: number, text: string): void {
  const bytes = Buffer.from(text);
  let waited = 0;
  for (let at = 0; at < bytes.length; ) {
    try {
      at += writeSync(descriptor, bytes, at);
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (NO_READER.has(code)) return;
      if (code !== 'EAGAIN' || waited >= FULL_PIPE_LIMIT_MS) throw error;
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, FULL_PIPE_STEP_MS);
      waited += FULL_PIPE_STEP_MS;
    }
  }
}
