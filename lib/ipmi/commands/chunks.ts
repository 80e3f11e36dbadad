import { setTimeout as delay } from 'node:timers/promises';
import { COMPLETION } from '../completion-codes.ts';
import type { IpmiSession } from '../lanplus/bmc-session.ts';
import type { IpmiReply } from '../lanplus/message.ts';

/** Bytes asked for at once: as many as a packet of the shortest kind takes, and what every BMC can do. */
const MOST = 32;
const LEAST = 8;
/** Another client's reservation ends ours, and then ours ends its. */
const MOST_RESERVATIONS = 4;
const MOST_RESERVATIONS_IN_ALL = 32;
/** Before another try, so that two clients do not take turns without end. */
const RETRY_MS = 100;
const BUSY = 0x81;
const MOST_BUSY = 20;

/** Codes that some give to a question for more bytes than they can return. */
const TOO_MANY = new Set<number>([
  COMPLETION.cannotReturnSoMany,
  COMPLETION.unspecified,
  COMPLETION.tooLong,
  COMPLETION.wrongLength,
  COMPLETION.timeout,
]);

/** How a record is read in parts. */
export interface ChunkReader {
  /** Reads `count` bytes from `offset`; the data is the bytes alone. */
  read(offset: number, count: number): Promise<IpmiReply>;
  /** Makes a new reservation, after which the record is read from its start; absent for repositories without reservations. */
  reserve?(): Promise<void>;
  /** Codes that mean "too many" here, besides the usual. */
  alsoTooMany?: readonly number[];
}

/** What is known of a BMC while its records are read. */
export interface ChunkLimits {
  /** How many it can return at once. */
  bytes: number;
  /** How many reservations may still be made for those that were lost. */
  reservations: number;
}

export function firstChunkLimits(): ChunkLimits {
  return { bytes: MOST, reservations: MOST_RESERVATIONS_IN_ALL };
}

/**
 * `length` bytes from `start`, in parts, which get smaller while the BMC says that they are too large. What was read, when
 * the BMC has fewer. A completion code when it refuses for another reason, or cannot do eight bytes either.
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
