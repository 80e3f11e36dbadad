import { COMPLETION } from '../completion-codes.ts';
import type { IpmiSession } from '../lanplus/bmc-session.ts';
import type { IpmiReply } from '../lanplus/message.ts';
import { type ChunkReader, firstChunkLimits, readChunks } from './chunks.ts';
import type { DeviceId } from './device.ts';
import { decodedText, fieldText } from './field-text.ts';
import type { Fields, FieldValue } from './fields.ts';
import { sdrRecords } from './sdr-repository.ts';

/** A field-replaceable unit, with the names of `fru print`. */
export interface Fru {
  id: number;
  name: string;
  fields: Fields;
}

const STORAGE = 0x0a;
const HEADER_BYTES = 8;
const LOCATOR = 0x11;
const BMC_ADDRESS = 0x20;
const HAS_INVENTORY = 1 << 3;
const END_OF_FIELDS = 0xc1;
/** Limit for areas with a wrong length. */
const MOST_AREA_BYTES = 8 * 255;
/** Board dates are minutes since 1996. */
const EPOCH_S = Date.UTC(1996, 0, 1) / 1000;
const ENGLISH = new Set([0, 25]);

const CHASSIS_TYPES = [
  'Unspecified',
  'Other',
  'Unknown',
  'Desktop',
  'Low Profile Desktop',
  'Pizza Box',
  'Mini Tower',
  'Tower',
  'Portable',
  'LapTop',
  'Notebook',
  'Hand Held',
  'Docking Station',
  'All in One',
  'Sub Notebook',
  'Space-saving',
  'Lunch Box',
  'Main Server Chassis',
  'Expansion Chassis',
  'SubChassis',
  'Bus Expansion Chassis',
  'Peripheral Chassis',
  'RAID Chassis',
  'Rack Mount Chassis',
  'Sealed-case PC',
  'Multi-system Chassis',
  'CompactPCI',
  'AdvancedTCA',
  'Blade',
  'Blade Enclosure',
];

/** The layout of an area: where its texts begin, and their names in order. Further texts are `extra`. */
interface AreaForm {
  start: number;
  /** Texts with an empty name are left out. */
  names: readonly string[];
  extra: string;
  hasLanguage: boolean;
}

const CHASSIS: AreaForm = {
  start: 3,
  names: ['Chassis Part Number', 'Chassis Serial'],
  extra: 'Chassis Extra',
  hasLanguage: false,
};
const BOARD: AreaForm = {
  start: 6,
  names: ['Board Mfg', 'Board Product', 'Board Serial', 'Board Part Number', ''],
  extra: 'Board Extra',
  hasLanguage: true,
};
const PRODUCT: AreaForm = {
  start: 3,
  names: [
    'Product Manufacturer',
    'Product Name',
    'Product Part Number',
    'Product Version',
    'Product Serial',
    'Product Asset Tag',
    '',
  ],
  extra: 'Product Extra',
  hasLanguage: true,
};

/** The FRUs of the BMC: its own, and those in its sensor records. Throws ModelError. */
export async function readFrus(session: IpmiSession, device: DeviceId): Promise<Fru[]> {
  const frus: Fru[] = [];
  if ((device.functions & HAS_INVENTORY) !== 0) {
    frus.push({ id: 0, name: 'Builtin FRU Device', fields: await readFru(session, 0) });
  }
  const { records } = await sdrRecords(session, device);
  for (const { id, name } of records.flatMap(locatorsIn)) {
    if (id !== 0) frus.push({ id, name, fields: await readFru(session, id) });
  }
  return frus;
}

/** The fields of a FRU; empty when it does not exist. */
async function readFru(session: IpmiSession, id: number): Promise<Fields> {
  const info = await session.request({ netFn: STORAGE, command: 0x10, data: [id] });
  if (info.code !== COMPLETION.ok || info.data.length < 3) return {};
  const isByWords = (info.data.readUInt8(2) & 1) !== 0;
  const reader = fruReader(session, id, isByWords);
  const limits = firstChunkLimits();
  const header = await readChunks(session, reader, 0, HEADER_BYTES, limits);
  if (typeof header === 'number' || header.length < HEADER_BYTES || (header.readUInt8(0) & 0x0f) !== 1)
    return {};
  // The length in the area is used: some BMCs report a total size that cannot be read.
  const area = async (eighths: number): Promise<Buffer> => {
    if (eighths === 0) return Buffer.alloc(0);
    const start = await readChunks(session, reader, eighths * 8, 8, limits);
    if (typeof start === 'number' || start.length < 8) return Buffer.alloc(0);
    const length = Math.min(start.readUInt8(1) * 8, MOST_AREA_BYTES);
    const rest = await readChunks(session, reader, eighths * 8 + 8, length - 8, limits);
    return typeof rest === 'number' ? start : Buffer.concat([start, rest]);
  };
  const [, , chassis = 0, board = 0, product = 0] = header;
  return {
    ...chassisFields(await area(chassis)),
    ...boardFields(await area(board)),
    ...productFields(await area(product)),
  };
}

/**
 * Decodes a chassis area (FRU information storage, section 10); {} for invalid bytes. Checksums are not verified, since
 * they are often wrong.
 */
export function chassisFields(area: Buffer): Fields {
  if (area.length < 4) return {};
  return { 'Chassis Type': CHASSIS_TYPES[area.readUInt8(2)] ?? 'Unknown', ...textFields(area, CHASSIS) };
}

/** Decodes a board area (section 11); {} for invalid bytes. */
export function boardFields(area: Buffer): Fields {
  if (area.length < 7) return {};
  const minutes = area.readUIntLE(3, 3);
  return {
    'Board Mfg Date': minutes === 0 ? 'Unspecified' : dateText(EPOCH_S + minutes * 60),
    ...textFields(area, BOARD),
  };
}

/** Decodes a product area (section 12); {} for invalid bytes. */
export function productFields(area: Buffer): Fields {
  return area.length < 4 ? {} : textFields(area, PRODUCT);
}

function textFields(area: Buffer, { start, names, extra, hasLanguage }: AreaForm): Fields {
  const isUnicode = hasLanguage && !ENGLISH.has(area.readUInt8(2));
  const fields = new Map<string, FieldValue>();
  const extras: string[] = [];
  let offset = start;
  for (let index = 0; offset < area.length && area.readUInt8(offset) !== END_OF_FIELDS; index += 1) {
    const typeLength = area.readUInt8(offset);
    const bytes = area.subarray(offset + 1, offset + 1 + (typeLength & 0x3f));
    offset += 1 + (typeLength & 0x3f);
    // Vendors pad fields with blanks.
    const text = decodedText(typeLength >> 6, bytes, isUnicode).trimEnd();
    if (text === '') continue;
    const name = names[index];
    if (name === undefined) extras.push(text);
    else if (name !== '') fields.set(name, text);
  }
  const [only, ...others] = extras;
  if (only !== undefined) fields.set(extra, others.length === 0 ? only : extras);
  return Object.fromEntries(fields);
}

function fruReader(session: IpmiSession, id: number, isByWords: boolean): ChunkReader {
  const unit = isByWords ? 2 : 1;
  return {
    // Some answer "out of range" to a request for more than they can return.
    alsoTooMany: [COMPLETION.outOfRange],
    read: async (offset, count): Promise<IpmiReply> => {
      const data = Buffer.alloc(4);
      data[0] = id;
      data.writeUInt16LE(offset / unit, 1);
      data[3] = Math.ceil(count / unit);
      const reply = await session.request({ netFn: STORAGE, command: 0x11, data });
      // The first byte is the number of bytes that follow; the actual length is more reliable.
      return { code: reply.code, data: reply.data.subarray(1) };
    },
  };
}

/** The FRUs in a FRU device locator record (IPMI 2.0, section 43.8) that this BMC holds. */
function locatorsIn(record: Buffer): { id: number; name: string }[] {
  if (record.length < 16 || record.readUInt8(3) !== LOCATOR) return [];
  const isLogical = (record.readUInt8(7) & 0x80) !== 0;
  if (!isLogical || record.readUInt8(5) !== BMC_ADDRESS) return [];
  return [{ id: record.readUInt8(6), name: fieldText(record, 15) }];
}

/** A date in the format of C: `Mon Jan  1 00:00:00 1996 UTC`. */
function dateText(seconds: number): string {
  const [day = '', date = '', month = '', year = '', time = ''] = new Date(seconds * 1000)
    .toUTCString()
    .replace(',', '')
    .split(' ');
  return `${day} ${month} ${String(Number(date)).padStart(2)} ${time} ${year} UTC`;
}
