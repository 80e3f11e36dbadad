/** The text of a UTF-8 file. A leading byte order mark is kept. Throws NotUtf8. */
export function textOf(bytes: Buffer): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    throw new NotUtf8(lineOfBadByte(bytes));
  }
}

export class NotUtf8 extends Error {
  /** From 1. */
  readonly line: number;

  constructor(line: number) {
    super('is not valid UTF-8');
    this.line = line;
  }
}

function lineOfBadByte(bytes: Buffer): number {
  // Decoding replaces the first invalid byte by U+FFFD, so encoding the result again differs there.
  const encoded = Buffer.from(bytes.toString('utf8'));
  let same = 0;
  while (same < bytes.length && bytes[same] === encoded[same]) same += 1;
  return bytes.subarray(0, same).toString('latin1').split('\n').length;
}
