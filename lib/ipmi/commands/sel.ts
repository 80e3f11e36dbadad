import { setTimeout as delay } from 'node:timers/promises';
import { refusal } from '../../models/index.ts';
import { COMPLETION } from '../completion-codes.ts';
import type { IpmiSession } from '../lanplus/bmc-session.ts';
import { Unanswered } from '../lanplus/unanswered.ts';
import { ask, refused, tooShort } from './ask.ts';
import { deviceId } from './device.ts';
import { eventName, sensorTypeName } from './event-names.ts';
import type { Fields } from './fields.ts';
import { converted, type SensorRecord, sensorsIn } from './sdr.ts';
import { sdrRecords } from './sdr-repository.ts';
import { valueText } from './sensors.ts';
import { dateText, isDate, timestampText, timeText } from './timestamps.ts';

/** An entry of the System Event Log, as text. */
export interface SelEvent {
  /** Hexadecimal record number. */
  id: string;
  /** MM/DD/YY or MM/DD/YYYY; `Pre-Init` before the BMC's clock was set. Empty for records without a time. */
  date: string;
  time: string;
  /** Name of the sensor; for records without one, the type of the record. */
  sensor: string;
  event: string;
  /** `Asserted` or `Deasserted`; empty when unknown. */
  direction: string;
  /** The reading that caused the event, or the record's data. Empty when the event has no reading and no data. */
  detail: string;
}

const STORAGE = 0x0a;
const FIRST = 0x0000;
const LAST = 0xffff;
const RECORD_BYTES = 16;
/** Limit, above what any BMC stores. */
const MOST_ENTRIES = 32_768;
const CLEAR_LIMIT_MS = 30_000;
const CLEAR_POLL_MS = 500;
const ERASING_ALREADY = 0x81;
const COMMANDS = ['Get Alloc Info', 'Reserve', 'Partial Add', 'Delete'];
const THRESHOLD = 0x01;
const MEMORY = 0x0c;

/** Get SEL Info (IPMI 2.0, section 31.2), with the names of `ipmitool sel info`. Throws ModelError. */
export async function selInfo(session: IpmiSession): Promise<Fields> {
  const what = 'Get SEL Info command';
  const data = await ask(session, what, { netFn: STORAGE, command: 0x40 });
  if (data.length < 14) throw tooShort(session, what, data);
  const version = data.readUInt8(0);
  const [entries, free] = [data.readUInt16LE(1), data.readUInt16LE(3)];
  const used = entries * RECORD_BYTES;
  const total = used + free;
  const operations = data.readUInt8(13);
  const supported = COMMANDS.map((name, bit) => ((operations & (1 << bit)) === 0 ? '' : `'${name}'`))
    .filter((name) => name !== '')
    .toReversed();
  return {
    Version: `${version & 0x0f}.${version >> 4} (${version === 0x51 || version === 0x02 ? 'v1.5, v2 compliant' : 'Unknown'})`,
    Entries: String(entries),
    'Free Space': `${free} bytes${free === 0xffff ? ' or more' : ''}`,
    'Percent Used': total >= 0xffff ? 'unknown' : `${entries === 0 ? 0 : Math.trunc((100 * used) / total)}%`,
    'Last Add Time': lastTime(data.readUInt32LE(5)),
    'Last Del Time': lastTime(data.readUInt32LE(9)),
    Overflow: (operations & 0x80) !== 0,
    'Supported Cmds': supported.join(' ') || 'None',
  };
}

/** All entries, oldest first, with sensor names. Throws ModelError. */
export async function selEvents(session: IpmiSession): Promise<SelEvent[]> {
  const records = await selRecords(session);
  if (records.length === 0) return [];
  // Entries are useful even when the names cannot be read.
  const { records: sdrs } = await sdrRecords(session, await deviceId(session));
  const sensors = sdrs.flatMap(sensorsIn);
  return records.map((record) => selEvent(record, sensors));
}

/** Erases the log, and waits until that is done. Returns ipmitool's message. Throws ModelError. */
export async function clearSel(session: IpmiSession): Promise<string> {
  const limit = performance.now() + CLEAR_LIMIT_MS;
  let reservation = await reserve(session);
  await beginErasure(session, reservation);
  for (;;) {
    const { code, data } = await erase(session, reservation, 0x00);
    if (code === COMPLETION.ok && ((data[0] ?? 0) & 0x0f) === 1) break;
    if (code === COMPLETION.reservationLost) reservation = await reserve(session);
    // Some BMCs do not support the request for the progress.
    else if (code !== COMPLETION.ok && (await isEmpty(session))) break;
    if (performance.now() > limit) {
      throw refusal(504, `BMC ${session.bmc}: has not cleared its log after ${CLEAR_LIMIT_MS / 1000} s`);
    }
    await delay(CLEAR_POLL_MS, undefined, { signal: session.signal });
  }
  return 'Clearing SEL.  Please allow a few seconds to erase.\n';
}

async function beginErasure(session: IpmiSession, reservation: number): Promise<void> {
  try {
    const { code } = await erase(session, reservation, 0xaa);
    if (code !== COMPLETION.ok && code !== ERASING_ALREADY) throw refused(session, 'Clear SEL command', code);
  } catch (error) {
    // Not repeated: the log itself shows whether the command arrived.
    if (!(error instanceof Unanswered) || !(await isEmpty(session))) throw error;
  }
}

/** Decodes an entry (IPMI 2.0, section 32). `sensors` provide the names. */
export function selEvent(record: Buffer, sensors: readonly SensorRecord[]): SelEvent {
  const bytes = Buffer.alloc(RECORD_BYTES);
  record.copy(bytes);
  const type = bytes.readUInt8(2);
  const id = bytes.readUInt16LE(0).toString(16);
  const none = { id, date: '', time: '', event: '', direction: '', detail: '' };
  // Written by Linux in a kernel panic.
  if (type === 0xf0) return { ...none, sensor: `Linux kernel panic: ${panicText(bytes)}` };
  const oem = `OEM record ${hex(bytes.subarray(2, 3))}`;
  if (type >= 0xe0) return { ...none, sensor: oem, detail: hex(bytes.subarray(3)) };
  const timed = { ...none, ...timesOf(bytes.readUInt32LE(3)) };
  if (type >= 0xc0) {
    const maker = bytes.readUIntLE(7, 3).toString(16).padStart(6, '0');
    return { ...timed, sensor: oem, detail: `${maker} | ${hex(bytes.subarray(10))}` };
  }
  const revision = bytes.readUInt8(9);
  // Some vendors use OEM record types for standard events.
  if (type !== 0x02 && revision !== 0x03 && revision !== 0x04) {
    return { ...timed, sensor: `Record type ${hex(bytes.subarray(2, 3))}`, detail: hex(bytes.subarray(7)) };
  }
  return { ...timed, ...eventIn(bytes, sensors) };
}

function eventIn(
  bytes: Buffer,
  sensors: readonly SensorRecord[],
): Pick<SelEvent, 'sensor' | 'event' | 'direction' | 'detail'> {
  const [generator, sensorType, number] = [bytes.readUInt8(7), bytes.readUInt8(10), bytes.readUInt8(11)];
  const [eventType, isDeasserted] = [bytes.readUInt8(12) & 0x7f, (bytes.readUInt8(12) & 0x80) !== 0];
  const [data1, data2, data3] = [bytes.readUInt8(13), bytes.readUInt8(14), bytes.readUInt8(15)];
  const offset = data1 & 0x0f;
  const known = sensors.find(
    (sensor) => sensor.number === number && sensor.owner === generator && sensor.sensorType === sensorType,
  );
  const typeName = sensorTypeName(sensorType);
  const unnamed = number === 0 ? typeName : `${typeName} #0x${number.toString(16).padStart(2, '0')}`;
  return {
    sensor: known === undefined ? unnamed : `${typeName} ${known.name}`,
    event: eventName(sensorType, eventType, offset, (data1 & 0xc0) === 0 ? undefined : data2),
    direction: isDeasserted ? 'Deasserted' : 'Asserted',
    detail:
      eventType === THRESHOLD
        ? thresholdDetail(known, { data1, data2, data3, isDeasserted })
        : memoryDetail(sensorType, number, data1, data3),
  };
}

/** The reading and the threshold in an event, if present, in the sensor's unit. */
function thresholdDetail(
  sensor: SensorRecord | undefined,
  {
    data1,
    data2,
    data3,
    isDeasserted,
  }: { data1: number; data2: number; data3: number; isDeasserted: boolean },
): string {
  if (sensor?.conversion === undefined) return '';
  const { conversion, unit } = sensor;
  const [hasReading, hasThreshold] = [data1 >> 6 === 1, ((data1 >> 4) & 3) === 1];
  const reading = hasReading ? `Reading ${valueText(converted(conversion, data2))}` : '';
  if (!hasThreshold) return reading;
  const goesHigh = (data1 & 1) === 1;
  const relation = goesHigh === isDeasserted ? '<' : '>';
  const threshold = `Threshold ${valueText(converted(conversion, data3))} ${unit}`;
  return hasReading ? `${reading} ${relation} ${threshold}` : threshold;
}

/** The memory module, in the encoding that most vendors use. */
function memoryDetail(sensorType: number, number: number, data1: number, data3: number): string {
  if (sensorType !== MEMORY || number !== 0 || (data1 & 0x30) !== 0x20) return '';
  return `CPU ${data3 & 0x0f} DIMM ${data3 >> 4}`;
}

function timesOf(seconds: number): Pick<SelEvent, 'date' | 'time'> {
  if (seconds === 0xffff_ffff) return { date: 'Unspecified', time: 'Unspecified' };
  if (!isDate(seconds)) return { date: 'Pre-Init', time: String(seconds).padStart(10, '0') };
  return { date: dateText(seconds), time: timeText(seconds) };
}

function lastTime(seconds: number): string {
  return seconds === 0 || seconds === 0xffff_ffff ? 'Not Available' : timestampText(seconds);
}

function panicText(bytes: Buffer): string {
  const text = bytes.toString('latin1', 5);
  const end = text.indexOf('\0');
  return end < 0 ? text : text.slice(0, end);
}

/** All raw records. They need no reservation (IPMI 2.0, section 31.5). */
async function selRecords(session: IpmiSession): Promise<Buffer[]> {
  const records: Buffer[] = [];
  const seen = new Set<number>();
  for (let id = FIRST; id !== LAST && !seen.has(id) && seen.size < MOST_ENTRIES; ) {
    seen.add(id);
    const data = Buffer.alloc(6);
    data.writeUInt16LE(id, 2);
    data[5] = 0xff;
    const answer = await session.request({ netFn: STORAGE, command: 0x43, data });
    // An empty log has no first record, and a log may be erased while it is read.
    if (answer.code === COMPLETION.notThere) break;
    if (answer.code !== COMPLETION.ok) throw refused(session, 'Get SEL Entry command', answer.code);
    if (answer.data.length < 2 + RECORD_BYTES) throw tooShort(session, 'Get SEL Entry', answer.data);
    const record = answer.data.subarray(2, 2 + RECORD_BYTES);
    const [first] = records;
    // An endless log starts over: its first entry comes again.
    if (first !== undefined && record.equals(first)) break;
    records.push(record);
    id = answer.data.readUInt16LE(0);
  }
  return records;
}

/** A reservation for the erasure; 0 when the BMC refuses to make one. */
async function reserve(session: IpmiSession): Promise<number> {
  const { code, data } = await session.request({ netFn: STORAGE, command: 0x42 });
  return code === COMPLETION.ok && data.length >= 2 ? data.readUInt16LE(0) : 0;
}

function erase(session: IpmiSession, reservation: number, action: number) {
  const data = Buffer.from([0, 0, 0x43, 0x4c, 0x52, action]);
  data.writeUInt16LE(reservation);
  const once = action !== 0;
  return session.request({ netFn: STORAGE, command: 0x47, data }, { privilege: 'operator', once });
}

async function isEmpty(session: IpmiSession): Promise<boolean> {
  const { code, data } = await session.request({ netFn: STORAGE, command: 0x40 });
  return code === COMPLETION.ok && data.length >= 3 && data.readUInt16LE(1) <= 1;
}

function hex(bytes: Buffer): string {
  return bytes.toString('hex');
}
