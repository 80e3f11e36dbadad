/** The text of a file that must be UTF-8, byte for byte: a byte order mark at its start is kept. Throws NotUtf8. */
export function textOf(bytes: Buffer): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    throw new NotUtf8(lineOfBadByte(bytes));
  }
}

export class NotUtf8 extends Error {
  /** Counted from 1. */
  readonly line: number;

  constructor(line: number) {
    super('is not valid UTF-8');
    this.line = line;
  }
}

function lineOfBadByte(bytes: Buffer): number {
  // Decoding replaces the first bad byte by U+FFFD, which then differs from what the bytes before it encode to.
  const encoded = Buffer.from(bytes.toString('utf8'));
  let same = 0;
  while (same < bytes.length && bytes[same] === encoded[same]) same += 1;
  return bytes.subarray(0, same).toString('latin1').split('\n').length;
}
