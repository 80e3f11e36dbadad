import { fieldText } from './field-text.ts';
import { type UnitFields, unitName } from './units.ts';

/** A sensor from a full, compact or event-only record (IPMI 2.0, sections 43.1 to 43.3). */
export interface SensorRecord {
  kind: 'full' | 'compact' | 'event-only';
  name: string;
  owner: number;
  lun: number;
  channel: number;
  number: number;
  entity: { id: number; instance: number };
  sensorType: number;
  eventType: number;
  /** Empty for records without a unit. */
  unit: string;
  /** Converts raw readings. Only in full records of analog sensors. */
  conversion?: Conversion;
}

/** Factors of the conversion formula (IPMI 2.0, section 36.3). */
export interface Conversion {
  format: 'unsigned' | "one's complement" | "two's complement";
  linearization: number;
  m: number;
  b: number;
  bExponent: number;
  rExponent: number;
}

const FULL = 0x01;
const COMPACT = 0x02;
const EVENT_ONLY = 0x03;
/** Value of the data format in units 1: no analog reading. */
const NO_READING = 3;
const FORMATS = ['unsigned', "one's complement", "two's complement"] as const;
/** From this linearization on, factors must be read for each reading. */
export const FIRST_NON_LINEAR = 0x70;

/** The sensors of a record: several for a shared record, none for other types and truncated records. */
export function sensorsIn(record: Buffer): SensorRecord[] {
  const type = record.length < 4 ? 0 : record.readUInt8(3);
  switch (type) {
    case FULL:
      return record.length < 48 ? [] : [fullSensor(record)];
    case COMPACT: {
      if (record.length < 32) return [];
      return shared(
        {
          ...common(record, 'compact'),
          name: fieldText(record, 31),
          ...typed(record, 12),
          unit: unitOf(record),
        },
        record.readUInt8(23),
        record.readUInt8(24),
      );
    }
    case EVENT_ONLY: {
      if (record.length < 17) return [];
      return shared(
        { ...common(record, 'event-only'), name: fieldText(record, 16), ...typed(record, 10), unit: '' },
        record.readUInt8(12),
        record.readUInt8(13),
      );
    }
    default:
      return [];
  }
}

/** The value of a raw reading, not rounded. */
export function converted(conversion: Conversion, raw: number): number {
  const { format, linearization, m, b, bExponent, rExponent } = conversion;
  const y = (m * signed(raw, format) + b * 10 ** bExponent) * 10 ** rExponent;
  return linear(y, linearization & 0x7f);
}

/** The factors of a full record, or of one reading of a non-linear sensor: M, B, accuracy, exponents. */
export function factorsIn(bytes: Buffer): Pick<Conversion, 'm' | 'b' | 'bExponent' | 'rExponent'> {
  const [mLow = 0, mHigh = 0, bLow = 0, bHigh = 0, , exponents = 0] = bytes;
  return {
    m: twosComplement(mLow | ((mHigh & 0xc0) << 2), 10),
    b: twosComplement(bLow | ((bHigh & 0xc0) << 2), 10),
    rExponent: twosComplement(exponents >> 4, 4),
    bExponent: twosComplement(exponents & 0x0f, 4),
  };
}

function fullSensor(record: Buffer): SensorRecord {
  const format = FORMATS[record.readUInt8(20) >> 6];
  const sensor = {
    ...common(record, 'full'),
    name: fieldText(record, 47),
    ...typed(record, 12),
    unit: unitOf(record),
  };
  if (record.readUInt8(20) >> 6 === NO_READING || format === undefined) return sensor;
  const conversion = {
    format,
    linearization: record.readUInt8(23) & 0x7f,
    ...factorsIn(record.subarray(24, 30)),
  };
  return { ...sensor, conversion };
}

function common(record: Buffer, kind: SensorRecord['kind']) {
  return {
    kind,
    owner: record.readUInt8(5),
    lun: record.readUInt8(6) & 0x03,
    channel: record.readUInt8(6) >> 4,
    number: record.readUInt8(7),
    entity: { id: record.readUInt8(8), instance: record.readUInt8(9) & 0x7f },
  };
}

function typed(record: Buffer, offset: number): { sensorType: number; eventType: number } {
  return { sensorType: record.readUInt8(offset), eventType: record.readUInt8(offset + 1) & 0x7f };
}

function unitOf(record: Buffer): string {
  const [flags = 0, base = 0, modifier = 0] = record.subarray(20, 23);
  return unitName({ flags, base, modifier } satisfies UnitFields);
}

/** The sensors of a shared record, with consecutive numbers and possibly instances (section 43.2). */
function shared(first: SensorRecord, sharing: number, more: number): SensorRecord[] {
  const count = Math.max(1, sharing & 0x0f);
  if (count === 1) return [first];
  const offset = more & 0x7f;
  const instances = (more & 0x80) !== 0;
  const suffix = (index: number) =>
    (sharing >> 4) % 4 === 1 ? String.fromCharCode(0x41 + ((offset + index) % 26)) : String(offset + index);
  return Array.from({ length: count }, (_, index) => ({
    ...first,
    name: `${first.name}${suffix(index)}`,
    number: (first.number + index) & 0xff,
    entity: { ...first.entity, instance: first.entity.instance + (instances ? index : 0) },
  }));
}

function signed(raw: number, format: Conversion['format']): number {
  switch (format) {
    case 'unsigned':
      return raw;
    case "two's complement":
      return twosComplement(raw, 8);
    case "one's complement":
      // Ones' complement has two zeros.
      return raw < 0x80 ? raw : raw - 0xff;
  }
}

function twosComplement(value: number, bits: number): number {
  return value < 1 << (bits - 1) ? value : value - (1 << bits);
}

/** Applies linearization 0 to 11 (IPMI 2.0, table 43-1, byte 24). */
function linear(y: number, linearization: number): number {
  const functions: readonly ((value: number) => number)[] = [
    (value) => value,
    Math.log,
    Math.log10,
    Math.log2,
    Math.exp,
    (value) => 10 ** value,
    (value) => 2 ** value,
    (value) => 1 / value,
    (value) => value ** 2,
    (value) => value ** 3,
    Math.sqrt,
    Math.cbrt,
  ];
  return (functions[linearization] ?? ((value) => value))(y);
}
