import type { Readable } from 'node:stream';

/** A line that is longer is passed on in pieces of this many characters. */
const LONGEST_LINE = 64 * 1024;

/** Calls `onLine` with each line of a stream, without its end, and `onEnd` when the stream is over. */
export function readLines(
  stream: Readable,
  onLine: (line: string) => void,
  onEnd: () => void = () => {},
): void {
  let rest = '';
  const flush = () => {
    if (rest !== '') onLine(rest);
    rest = '';
  };
  stream.setEncoding('utf8');
  stream.on('data', (chunk: string) => {
    const parts = (rest + chunk).split('\n');
    rest = parts.pop() ?? '';
    for (const part of parts) onLine(part.endsWith('\r') ? part.slice(0, -1) : part);
    if (rest.length > LONGEST_LINE) flush();
  });
  // A stream whose process was killed may break rather than end; either way nothing more comes.
  stream.on('error', () => {});
  stream.on('close', () => {
    flush();
    onEnd();
  });
}
