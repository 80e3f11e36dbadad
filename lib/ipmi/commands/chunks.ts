import { setTimeout as delay } from 'node:timers/promises';
import { COMPLETION } from '../completion-codes.ts';
import type { IpmiSession } from '../lanplus/bmc-session.ts';
import type { IpmiReply } from '../lanplus/message.ts';

/** Bytes per request: fits into the shortest packets, and every BMC supports it. */
const MOST = 32;
const LEAST = 8;
/** Limit, since two clients can cancel each other's reservations in turn. */
const MOST_RESERVATIONS = 4;
const MOST_RESERVATIONS_IN_ALL = 32;
/** Pause in ms before another reservation, so that two clients do not alternate. */
const RETRY_MS = 100;
const BUSY = 0x81;
const MOST_BUSY = 20;

/** Completion codes of some BMCs for a request of more bytes than they can return. */
const TOO_MANY = new Set<number>([
  COMPLETION.cannotReturnSoMany,
  COMPLETION.unspecified,
  COMPLETION.tooLong,
  COMPLETION.wrongLength,
  COMPLETION.timeout,
]);

/** Reads parts of a record. */
export interface ChunkReader {
  /** Reads `count` bytes from `offset`. The reply's data is only these bytes. */
  read(offset: number, count: number): Promise<IpmiReply>;
  /**
   * Makes a new reservation, after which the record is read from its start. Absent for repositories without
   * reservations.
   */
  reserve?(): Promise<void>;
  /** Further completion codes that mean "too many" here. */
  alsoTooMany?: readonly number[];
}

/** Limits learned while a BMC's records are read. */
export interface ChunkLimits {
  /** How many bytes it returns at once. */
  bytes: number;
  /** How many more reservations may be made. */
  reservations: number;
}

export function firstChunkLimits(): ChunkLimits {
  return { bytes: MOST, reservations: MOST_RESERVATIONS_IN_ALL };
}

/**
 * Reads `length` bytes from `start` in parts, which shrink while the BMC calls them too large. Returns fewer bytes when
 * the BMC has fewer. Returns a completion code when it refuses for another reason, or even eight bytes are too many.
 */
export async function readChunks(
  { signal }: Pick<IpmiSession, 'signal'>,
  { read, reserve, alsoTooMany = [] }: ChunkReader,
  start: number,
  length: number,
  limits: ChunkLimits,
): Promise<Buffer | number> {
  let parts: Buffer[] = [];
  let got = 0;
  let reservations = 0;
  let busy = 0;
  while (got < length) {
    const count = Math.min(limits.bytes, length - got);
    const { code, data } = await read(start + got, count);
    if (code === COMPLETION.ok) {
      if (data.length === 0) break;
      parts.push(data.subarray(0, count));
      got += Math.min(data.length, count);
    } else if (
      code === COMPLETION.reservationLost &&
      reserve !== undefined &&
      limits.reservations > 0 &&
      reservations < MOST_RESERVATIONS
    ) {
      reservations += 1;
      limits.reservations -= 1;
      await delay(Math.random() * RETRY_MS, undefined, { signal });
      await reserve();
      parts = [];
      got = 0;
    } else if (code === BUSY && busy < MOST_BUSY) {
      busy += 1;
      await delay(RETRY_MS, undefined, { signal });
    } else if ((TOO_MANY.has(code) || alsoTooMany.includes(code)) && count > LEAST) {
      limits.bytes = Math.max(LEAST, count >> 1);
    } else {
      return code;
    }
  }
  return Buffer.concat(parts);
}
