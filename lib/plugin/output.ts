import { writeSync } from 'node:fs';

const STDOUT = 1;
const STDERR = 2;
/** How long to wait for a reader of a full pipe, and how long between two tries, in ms. */
const FULL_PIPE_LIMIT_MS = 10_000;
const FULL_PIPE_STEP_MS = 5;

/** Errors of a pipe without a reader or a closed descriptor. There is no one to report them to. */
const NO_READER = new Set<string | undefined>(['EPIPE', 'EBADF']);

/**
 * Writes text to stdout in full and synchronously. `process.stdout` would load the stream and socket modules, which
 * takes time and writes to stderr under NODE_DEBUG; an endpoint would take that for part of the definition. Throws when
 * stdout does not take all of it (a full disk, for instance): half a definition must not look like success.
 */
export function print(text: string): void {
  write(STDOUT, text);
}

/** Writes text to stderr. Errors are ignored, since there is nowhere to report them. */
export function printError(text: string): void {
  try {
    write(STDERR, text);
  } catch {
    // Nowhere to report it.
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
