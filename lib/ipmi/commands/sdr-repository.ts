import { COMPLETION } from '../completion-codes.ts';
import type { IpmiSession } from '../lanplus/bmc-session.ts';
import type { IpmiReply } from '../lanplus/message.ts';
import { type ChunkLimits, firstChunkLimits, readChunks } from './chunks.ts';
import type { DeviceId } from './device.ts';

/** The raw sensor data records of a BMC. */
export interface SdrRecords {
  records: Buffer[];
  /** The number of records that the BMC announces; undefined when it does not. */
  announced: number | undefined;
  /** How many records could not be read. */
  skipped: number;
}

/** Commands for the repository of all records, and for a controller's own device SDRs. */
const REPOSITORY = { netFn: 0x0a, info: 0x20, reserve: 0x22, get: 0x23 };
const DEVICE = { netFn: 0x04, info: 0x20, reserve: 0x22, get: 0x21 };

/** Id, version, type, and length of the rest. */
const HEADER_BYTES = 5;
const LAST = 0xffff;
const FIRST = 0x0000;
/** Limit when the BMC announces no number. */
const MOST_RECORDS = 4_096;
const UNKEPT = [Buffer.alloc(4, 0), Buffer.alloc(4, 0xff)];
const HAS_REPOSITORY = 1 << 1;

/**
 * Reads all sensor data records (IPMI 2.0, sections 33 and 35). Unreadable records are skipped if they still tell the
 * next id. Throws ModelError when the BMC stops answering.
 */
export async function sdrRecords(
  session: IpmiSession,
  { functions, hasDeviceSdrs }: DeviceId,
): Promise<SdrRecords> {
  const isDevice = hasDeviceSdrs && (functions & HAS_REPOSITORY) === 0;
  const commands = isDevice ? DEVICE : REPOSITORY;
  const { count: announced, version } = await aboutRecords(session, commands, isDevice);
  const { sdr } = session.notes;
  if (version !== undefined && sdr?.version === version) {
    return { records: sdr.records, announced, skipped: 0 };
  }
  // Some BMCs announce a wrong number, and some lists never end.
  const most = announced === undefined ? MOST_RECORDS : 2 * announced + 1;
  const reader = new RecordReader(session, commands);
  if (announced === 0) return { records: [], announced, skipped: 0 };
  await reader.reserve();
  const records: Buffer[] = [];
  const seen = new Set<number>();
  let skipped = 0;
  for (let id = FIRST; id !== LAST && !seen.has(id) && seen.size < most; ) {
    seen.add(id);
    const { next, record } = await reader.read(id);
    const [first] = records;
    // An endless list starts over: its first record comes again.
    if (first !== undefined && record?.equals(first)) break;
    if (record === undefined) skipped += 1;
    else records.push(record);
    if (next === undefined) break;
    id = next;
  }
  // An incomplete list is not cached.
  const isWhole = skipped === 0 && records.length === announced;
  session.notes.sdr = isWhole && version !== undefined ? { version, records } : undefined;
  return { records, announced, skipped };
}

type Commands = typeof REPOSITORY;

/** The announced number of records, and a text that changes with them; each undefined when the BMC does not tell. */
async function aboutRecords(
  session: IpmiSession,
  { netFn, info }: Commands,
  isDevice: boolean,
): Promise<{ count?: number; version?: string }> {
  const { code, data } = await session.request({ netFn, command: info, data: isDevice ? [1] : [] });
  if (code !== COMPLETION.ok || data.length < 3) return {};
  if (isDevice) return { count: data.readUInt8(0) };
  const count = data.readUInt16LE(1);
  // Times of the last addition and erasure. Some BMCs do not maintain them.
  const times = data.subarray(5, 13);
  const areKept = times.length === 8 && UNKEPT.every((time) => !times.subarray(0, 4).equals(time));
  return { count, ...(areKept && { version: `${count} ${times.toString('hex')}` }) };
}

class RecordReader {
  readonly #session: IpmiSession;
  readonly #commands: Commands;
  readonly #limits: ChunkLimits = firstChunkLimits();
  #reservation = 0;

  constructor(session: IpmiSession, commands: Commands) {
    this.#session = session;
    this.#commands = commands;
  }

  /** Some BMCs have no reservations; records are read without one then. */
  async reserve(): Promise<void> {
    const { netFn, reserve } = this.#commands;
    const { code, data } = await this.#session.request({ netFn, command: reserve });
    this.#reservation = code === COMPLETION.ok && data.length >= 2 ? data.readUInt16LE(0) : 0;
  }

  /** A record and the id of the next one, if they can be read. */
  async read(id: number): Promise<{ next?: number; record?: Buffer }> {
    let next: number | undefined;
    const reader = {
      reserve: () => this.reserve(),
      read: async (offset: number, count: number): Promise<IpmiReply> => {
        const { code, data } = await this.#get(id, offset, count);
        if (code !== COMPLETION.ok || data.length < 2) return { code, data: Buffer.alloc(0) };
        next = data.readUInt16LE(0);
        return { code, data: data.subarray(2) };
      },
    };
    const header = await readChunks(this.#session, reader, 0, HEADER_BYTES, this.#limits);
    if (typeof header === 'number' || header.length < HEADER_BYTES) return { next };
    const length = header.readUInt8(4);
    const body = await readChunks(this.#session, reader, HEADER_BYTES, length, this.#limits);
    if (typeof body === 'number') return { next };
    return { next, record: Buffer.concat([header, body]) };
  }

  async #get(id: number, offset: number, count: number): Promise<IpmiReply> {
    const { netFn, get } = this.#commands;
    const data = Buffer.alloc(6);
    data.writeUInt16LE(this.#reservation, 0);
    data.writeUInt16LE(id, 2);
    data.set([offset, count], 4);
    return this.#session.request({ netFn, command: get, data });
  }
}
