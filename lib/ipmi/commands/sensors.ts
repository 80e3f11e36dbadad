import { COMPLETION } from '../completion-codes.ts';
import type { IpmiSession } from '../lanplus/bmc-session.ts';
import { deviceId } from './device.ts';
import { stateNames } from './event-names.ts';
import { converted, FIRST_NON_LINEAR, factorsIn, type SensorRecord, sensorsIn } from './sdr.ts';
import { type SdrRecords, sdrRecords } from './sdr-repository.ts';

/** A sensor with its current reading. */
export interface Sensor {
  name: string;
  /**
   * `ok`, `ns` (no reading), or the exceeded threshold: `lnc`, `lcr`, `lnr`, `unc`, `ucr`, `unr` (lower or upper,
   * non-critical, critical or non-recoverable).
   */
  status: string;
  /** Entity id and instance, for example `7.1` for the first system board. */
  entity: string;
  /** A value with its unit, states, or why there is no reading. */
  reading: string;
  /** Number and unit of an analog reading. */
  value?: number;
  unit?: string;
}

/** Get Sensor Reading (IPMI 2.0, section 35.14), and Get Sensor Reading Factors (35.5). */
const READING = { netFn: 0x04, command: 0x2d };
const FACTORS = { netFn: 0x04, command: 0x23 };

const BMC_ADDRESS = 0x20;
const THRESHOLD = 0x01;
const UNAVAILABLE = 0x20;
const SCANNING = 0x40;

/** Statuses by the bits of the first state byte, most severe first. */
const BEYOND: readonly (readonly [bit: number, status: string])[] = [
  [2, 'lnr'],
  [5, 'unr'],
  [1, 'lcr'],
  [4, 'ucr'],
  [0, 'lnc'],
  [3, 'unc'],
];

/** The sensors of a BMC, with the numbers of records. */
export interface Sensors extends Pick<SdrRecords, 'announced' | 'skipped'> {
  sensors: Sensor[];
  /** How many records were read, including those of other types. */
  read: number;
}

/** Reads all sensors of a BMC. Throws ModelError. */
export async function readSensors(session: IpmiSession): Promise<Sensors> {
  const { records, announced, skipped } = await sdrRecords(session, await deviceId(session));
  const sensors: Sensor[] = [];
  // Event-only sensors cannot be read.
  const readable = records.flatMap(sensorsIn).filter(({ kind }) => kind !== 'event-only');
  for (const record of readable) sensors.push(await readSensor(session, record));
  return { sensors, read: records.length, announced, skipped };
}

/** Reads a sensor. A completion code becomes the reading's text, so that an unreadable sensor does not end the list. */
async function readSensor(session: IpmiSession, record: SensorRecord): Promise<Sensor> {
  const { name, entity, owner, lun, number } = record;
  const about = { name, entity: `${entity.id}.${entity.instance}` };
  const none = { ...about, status: 'ns', reading: 'No Reading' };
  // Sensors of other controllers would need bridged requests.
  if (owner !== BMC_ADDRESS) return none;
  const { code, data } = await session.request({ ...READING, lun, data: [number] }, { later: 'none' });
  const [raw, flags, states1 = 0, states2 = 0] = data;
  if (code !== COMPLETION.ok || raw === undefined || flags === undefined) return none;
  if ((flags & SCANNING) === 0) return { ...none, reading: 'Disabled' };
  if ((flags & UNAVAILABLE) !== 0) return none;
  const value = await measured(session, record, raw);
  if (value !== undefined && !Number.isFinite(value)) return none;
  const isThreshold = record.eventType === THRESHOLD;
  const status = isThreshold ? thresholdStatus(states1) : 'ok';
  const states = isThreshold && value !== undefined ? '' : stateText(record, states1, states2);
  if (value === undefined) return { ...about, status, reading: states };
  const text = valueText(value);
  const reading = [`${text} ${record.unit}`, states].filter((part) => part !== '').join(', ');
  return { ...about, status, reading, value: Number(text), unit: record.unit };
}

/** A value with two decimals, without decimals if it is whole. Exact halves are rounded to even, as in C. */
export function valueText(value: number): string {
  if (Number.isInteger(value)) return String(value);
  const hundredths = value * 100;
  const down = Math.floor(hundredths);
  if (hundredths - down !== 0.5) return value.toFixed(2);
  return ((down % 2 === 0 ? down : down + 1) / 100).toFixed(2);
}

/** The value of a raw reading; undefined for discrete sensors. */
async function measured(
  session: IpmiSession,
  record: SensorRecord,
  raw: number,
): Promise<number | undefined> {
  const { conversion, number, lun } = record;
  if (conversion === undefined) return undefined;
  // Some vendors give analog sensors a discrete type; they have a unit.
  if (record.eventType !== THRESHOLD && record.unit === 'unspecified') return undefined;
  let factors = conversion;
  if (conversion.linearization >= FIRST_NON_LINEAR) {
    const { code, data } = await session.request({ ...FACTORS, lun, data: [number, raw] }, { later: 'none' });
    if (code !== COMPLETION.ok || data.length < 7) return undefined;
    factors = { ...conversion, linearization: 0, ...factorsIn(data.subarray(1)) };
  }
  return converted(factors, raw);
}

function thresholdStatus(states: number): string {
  return BEYOND.find(([bit]) => (states & (1 << bit)) !== 0)?.[1] ?? 'ok';
}

/** The names of the asserted states. The highest bit is reserved, but set by many BMCs. */
function stateText({ sensorType, eventType }: SensorRecord, states1: number, states2: number): string {
  const states = states1 | ((states2 & 0x7f) << 8);
  return stateNames(sensorType, eventType)
    .flatMap((name, offset) =>
      (states & (1 << offset)) === 0 ? [] : [typeof name === 'string' ? name : name.any],
    )
    .filter((name) => name !== '')
    .join(', ');
}
