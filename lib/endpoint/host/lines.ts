import type { Readable } from 'node:stream';

/** Longer lines are split into pieces of this many characters. */
const LONGEST_LINE = 64 * 1024;

/** Calls `onLine` for each line of a stream, without its line break, and `onEnd` at the end of the stream. */
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
  // After a kill the stream may fail instead of ending.
  stream.on('error', () => {});
  stream.on('close', () => {
    flush();
    onEnd();
  });
}
