import type { LogEntry } from './protocol.ts';

/** Limit in bytes. A longer entry means an invalid stream, since Docker splits lines at 16 KiB. */
const LONGEST_ENTRY = 1024 * 1024;

const VARINT = 0;
const FIXED64 = 1;
const BYTES = 2;
const FIXED32 = 5;
/** Field numbers of LogEntry in moby's api/types/plugins/logdriver/entry.proto. */
const SOURCE = 1;
const TIME_NANO = 2;
const LINE = 3;
const PARTIAL = 4;

/**
 * The entries of a Docker log stream: each is a four-byte big-endian length and a protobuf message. A truncated last
 * entry is left out. A length of `end` ends the stream. Throws an Error for anything else.
 */
export async function* readLogEntries(
  stream: AsyncIterable<Uint8Array>,
  end?: number,
): AsyncGenerator<LogEntry> {
  let rest = Buffer.alloc(0);
  for await (const chunk of stream) {
    rest = rest.length === 0 ? Buffer.from(chunk) : Buffer.concat([rest, chunk]);
    let from = 0;
    while (rest.length - from >= 4) {
      const length = rest.readUInt32BE(from);
      if (length === end) return;
      if (length > LONGEST_ENTRY) throw new Error(`log stream: an entry of ${length} bytes`);
      if (rest.length - from - 4 < length) break;
      yield decodeLogEntry(rest.subarray(from + 4, from + 4 + length));
      from += 4 + length;
    }
    rest = rest.subarray(from);
  }
}

/** Encodes an entry with its length. */
export function encodeLogEntry({ source, timeNano, line, partial }: LogEntry): Buffer {
  const text = Buffer.from(source);
  const message = Buffer.concat([
    Buffer.from([(SOURCE << 3) | BYTES]),
    varint(BigInt(text.length)),
    text,
    Buffer.from([(TIME_NANO << 3) | VARINT]),
    varint(BigInt.asUintN(64, timeNano)),
    Buffer.from([(LINE << 3) | BYTES]),
    varint(BigInt(line.length)),
    line,
    ...(partial ? [Buffer.from([(PARTIAL << 3) | VARINT, 1])] : []),
  ]);
  const length = Buffer.alloc(4);
  length.writeUInt32BE(message.length);
  return Buffer.concat([length, message]);
}

/** Decodes a protobuf message; unknown fields are ignored. Throws an Error for invalid data. */
export function decodeLogEntry(message: Uint8Array): LogEntry {
  const entry: LogEntry = { source: '', timeNano: 0n, line: new Uint8Array(), partial: false };
  const reader = new MessageReader(message);
  while (!reader.atEnd) {
    const tag = Number(reader.varint());
    const [field, wire] = [Math.floor(tag / 8), tag % 8];
    if (wire === VARINT) {
      const value = reader.varint();
      if (field === TIME_NANO) entry.timeNano = BigInt.asIntN(64, value);
      if (field === PARTIAL) entry.partial = value !== 0n;
    } else if (wire === BYTES) {
      const bytes = reader.bytes(Number(reader.varint()));
      if (field === SOURCE) entry.source = Buffer.from(bytes).toString();
      if (field === LINE) entry.line = bytes;
    } else if (wire === FIXED64) reader.bytes(8);
    else if (wire === FIXED32) reader.bytes(4);
    else throw new Error(`log entry: wire type ${wire}`);
  }
  return entry;
}

class MessageReader {
  readonly #bytes: Uint8Array;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  get atEnd(): boolean {
    return this.#at >= this.#bytes.length;
  }

  varint(): bigint {
    let value = 0n;
    for (let shift = 0n; shift < 70n; shift += 7n) {
      const byte = this.#bytes[this.#at];
      if (byte === undefined) throw new Error('log entry: cut off');
      this.#at += 1;
      value |= BigInt(byte & 0x7f) << shift;
      if (byte < 0x80) return value;
    }
    throw new Error('log entry: a number of more than 64 bits');
  }

  bytes(length: number): Uint8Array {
    if (length > this.#bytes.length - this.#at) throw new Error('log entry: cut off');
    this.#at += length;
    return this.#bytes.subarray(this.#at - length, this.#at);
  }
}

function varint(value: bigint): Buffer {
  const bytes: number[] = [];
  let rest = value;
  do {
    const low = Number(rest & 0x7fn);
    rest >>= 7n;
    bytes.push(rest === 0n ? low : low | 0x80);
  } while (rest !== 0n);
  return Buffer.from(bytes);
}
