import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';

/** An entry of an archive: a file, or a hard link to an earlier entry. */
export type Entry = { name: string; file: string; mode: number } | { name: string; linkTo: string };

const BLOCK = 512;
/** Longest name in a ustar header. */
const LONGEST_NAME = 100;

/**
 * The bytes of a tar archive (ustar, POSIX.1-1988). Entries belong to root and have `time` (seconds since 1970), so
 * that equal files give equal bytes. Not done with tar, since its options for that differ between implementations.
 */
export async function* tar(entries: readonly Entry[], time: number): AsyncGenerator<Buffer> {
  for (const entry of entries) {
    if ('linkTo' in entry) {
      yield header(entry.name, { mode: 0o755, size: 0, time, type: '1', link: entry.linkTo });
      continue;
    }
    const { size } = await stat(entry.file);
    yield header(entry.name, { mode: entry.mode, size, time, type: '0', link: '' });
    for await (const chunk of createReadStream(entry.file)) yield chunk;
    yield Buffer.alloc((BLOCK - (size % BLOCK)) % BLOCK);
  }
  yield Buffer.alloc(2 * BLOCK);
}

function header(
  name: string,
  {
    mode,
    size,
    time,
    type,
    link,
  }: { mode: number; size: number; time: number; type: '0' | '1'; link: string },
): Buffer {
  for (const text of [name, link]) {
    if (Buffer.byteLength(text) > LONGEST_NAME) throw new Error(`${text}: too long for an archive`);
  }
  const block = Buffer.alloc(BLOCK);
  const octal = (value: number, at: number, digits: number) =>
    block.write(value.toString(8).padStart(digits, '0'), at, 'latin1');
  block.write(name, 0);
  octal(mode, 100, 7);
  octal(0, 108, 7);
  octal(0, 116, 7);
  octal(size, 124, 11);
  octal(time, 136, 11);
  // The checksum is computed with blanks in its own field.
  block.fill(' ', 148, 156);
  block.write(type, 156);
  block.write(link, 157);
  block.write('ustar\0' + '00', 257, 'latin1');
  block.write('root', 265);
  block.write('root', 297);
  const sum = block.reduce((total, byte) => total + byte, 0);
  octal(sum, 148, 6);
  block.write('\0 ', 154, 'latin1');
  return block;
}
