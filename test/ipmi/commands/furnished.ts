import { checksum } from '../../../lib/ipmi/lanplus/message.ts';
import type { Machine } from '../../support/fake-bmc/machine.ts';

/** Records for a machine behind the fake BMC: layouts are those of IPMI 2.0, section 43, and of the FRU storage definition. */

export interface FullSensor {
  name: string;
  number: number;
  type?: number;
  eventType?: number;
  /** Byte 20, and the units of bytes 21 and 22. */
  format?: number;
  flags?: number;
  unit?: number;
  modifier?: number;
  linearization?: number;
  m?: number;
  b?: number;
  bExponent?: number;
  rExponent?: number;
  owner?: number;
  entity?: [id: number, instance: number];
}

export function fullSensor(id: number, sensor: FullSensor): Buffer {
  const { name, number, type = 1, eventType = 1, format = 0, flags = 0, unit = 1, modifier = 0 } = sensor;
  const {
    linearization = 0,
    m = 1,
    b = 0,
    bExponent = 0,
    rExponent = 0,
    owner = 0x20,
    entity = [7, 1],
  } = sensor;
  const bits10 = (value: number) => [value & 0xff, (value >> 2) & 0xc0];
  const factors = [...bits10(m), ...bits10(b), 0, ((rExponent & 0xf) << 4) | (bExponent & 0xf)];
  const body = [
    ...[owner, 0, number, ...entity, 0x7f, 0x68, type, eventType],
    ...[0x80, 0x0a, 0x80, 0x0a, 0x38, 0x38],
    ...[(format << 6) | flags, unit, modifier, linearization, ...factors],
    ...[0x07, 0x17, 0x28, 0x05, 0xff, 0x00, 0x60, 0x50, 0x46, 0, 0, 0, 2, 2, 0, 0, 0],
    ...text(name),
  ];
  return record(id, 0x01, body);
}

export function compactSensor(
  id: number,
  name: string,
  number: number,
  type: number,
  eventType: number,
  sharing: [number, number] = [1, 0],
): Buffer {
  const masks = [0xff, 0x7f, 0xff, 0x7f, 0xff, 0x7f];
  const head = [0x20, 0, number, 10, 1, 0x67, 0x40, type, eventType, ...masks, 0xc0, 0, 0];
  return record(id, 0x02, [...head, ...sharing, 0, 0, 0, 0, 0, 0, ...text(name)]);
}

export function eventOnlySensor(id: number, name: string, number: number): Buffer {
  return record(id, 0x03, [0x20, 0, number, 6, 1, 0x12, 0x6f, 1, 0, 0, 0, ...text(name)]);
}

export function fruLocator(id: number, name: string, fru: number): Buffer {
  return record(id, 0x11, [0x20, fru, 0x80, 0, 0, 0x10, 0, 8, 1, 0, ...text(name)]);
}

export function controllerLocator(id: number, name: string): Buffer {
  return record(id, 0x12, [0x20, 0, 0, 0x9f, 0, 0, 0, 6, 1, 0, ...text(name)]);
}

/** A record of the log of type 02. */
export function logged(
  id: number,
  seconds: number,
  [type, number, eventType]: readonly [number, number, number],
  data: readonly number[],
): Buffer {
  const bytes = Buffer.alloc(16);
  bytes.writeUInt16LE(id);
  bytes[2] = 0x02;
  bytes.writeUInt32LE(seconds, 3);
  bytes.set([0x20, 0, 0x04, type, number, eventType, ...data], 7);
  return bytes;
}

export function fru(areas: { chassis?: Buffer; board?: Buffer; product?: Buffer }): Buffer {
  const { chassis = Buffer.alloc(0), board = Buffer.alloc(0), product = Buffer.alloc(0) } = areas;
  let offset = 1;
  const offsets = [chassis, board, product].map((area) => {
    const start = area.length === 0 ? 0 : offset;
    offset += area.length / 8;
    return start;
  });
  const header = Buffer.from([1, 0, ...offsets, 0, 0]);
  return Buffer.concat([header, Buffer.of(checksum(header)), chassis, board, product]);
}

/** An area of a FRU: format version, length, contents, end of fields, padding, checksum. */
export function fruArea(contents: readonly number[]): Buffer {
  const size = Math.ceil((contents.length + 4) / 8) * 8;
  const area = Buffer.alloc(size);
  area.set([1, size / 8, ...contents, 0xc1]);
  area[size - 1] = checksum(area);
  return area;
}

/** Length byte for 8-bit text, and the text. */
export function text(value: string): number[] {
  return [0xc0 | value.length, ...Buffer.from(value, 'latin1')];
}

/** Text of six bits a character. */
export function sixBit(value: string): number[] {
  const bytes = new Array<number>(Math.ceil((value.length * 6) / 8)).fill(0);
  for (const [index, character] of [...value].entries()) {
    const code = character.charCodeAt(0) - 0x20;
    for (let bit = 0; bit < 6; bit += 1) {
      const position = index * 6 + bit;
      bytes[position >> 3] = (bytes[position >> 3] ?? 0) | (((code >> bit) & 1) << (position & 7));
    }
  }
  return [0x80 | bytes.length, ...bytes];
}

/** A machine with sensors of all kinds of conversion, states and parts. */
export function furnish(machine: Machine): void {
  machine.sdr = [
    fullSensor(1, { name: 'Inlet Temp', number: 0x30 }),
    fullSensor(2, {
      name: 'Offset',
      number: 0x31,
      type: 2,
      unit: 4,
      m: 25,
      b: -12,
      rExponent: -2,
      bExponent: 1,
    }),
    fullSensor(3, { name: "Two's", number: 0x32, format: 2, unit: 5, m: 5, rExponent: -1 }),
    fullSensor(4, { name: "One's", number: 0x33, format: 1, unit: 5, m: 7 }),
    fullSensor(5, { name: 'Fan 1', number: 0x34, type: 4, unit: 18, m: 100, entity: [29, 1] }),
    fullSensor(6, { name: 'Square', number: 0x35, unit: 6, linearization: 8 }),
    fullSensor(7, { name: 'Inverse', number: 0x36, unit: 19, linearization: 7, m: 3, b: 1, rExponent: -3 }),
    fullSensor(8, { name: 'Percent', number: 0x37, unit: 0, flags: 1 }),
    fullSensor(9, { name: 'Rate', number: 0x38, unit: 6, modifier: 24, flags: 2 }),
    fullSensor(10, { name: 'Product of two', number: 0x39, unit: 4, modifier: 5, flags: 4 }),
    fullSensor(11, { name: 'Root', number: 0x3a, unit: 6, linearization: 10, m: -511, b: 511, bExponent: 3 }),
    fullSensor(12, { name: 'No analogue', number: 0x3b, format: 3, type: 8, eventType: 0x6f }),
    compactSensor(13, 'PSU 1', 0x50, 0x08, 0x6f),
    compactSensor(14, 'CPU 1', 0x51, 0x07, 0x6f),
    compactSensor(15, 'Redundancy', 0x52, 0x09, 0x0b),
    compactSensor(16, 'Silent', 0x53, 0x09, 0x0b),
    fullSensor(17, { name: 'Not there', number: 0x60 }),
    fullSensor(18, { name: 'Off', number: 0x61 }),
    fullSensor(19, { name: 'Starting', number: 0x62 }),
    eventOnlySensor(20, 'Event', 0x63),
    fruLocator(21, 'PSU FRU', 3),
    fruLocator(22, 'Absent FRU', 4),
    controllerLocator(23, 'BMC'),
    record(24, 0xc0, [0x00, 0x01, 0x37, 1, 2, 3]),
  ];
  const states: [number, number, number?, (readonly number[])?][] = [
    [0x30, 23],
    [0x31, 200, 0xc0, [0x08, 0]],
    [0x32, 0xf3, 0xc0, [0x01, 0]],
    [0x33, 0xf3, 0xc0, [0x12, 0]],
    [0x34, 42, 0xc0, [0x04]],
    [0x35, 12, 0xc0, [0x20, 0xff]],
    [0x36, 7],
    [0x37, 55],
    [0x38, 3],
    [0x39, 0],
    [0x3a, 100],
    [0x3b, 0, 0xc0, [0x03, 0x80]],
    [0x50, 0, 0xc0, [0x09, 0x80]],
    [0x51, 0, 0xc0, [0x80, 0x84]],
    [0x52, 0, 0xc0, [0x01, 0x80]],
    [0x53, 0, 0xc0, [0x00, 0x80]],
    [0x61, 1, 0x80],
    [0x62, 1, 0xe0],
  ];
  for (const [number, reading, flags, bytes] of states) {
    machine.sensors.set(number, { reading, flags, ...(bytes && { states: bytes }) });
  }
  machine.fru.set(
    0,
    fru({
      chassis: fruArea([23, ...text('CH-1'), ...text('CHSN1'), ...text('extra one'), ...text('extra two')]),
      board: fruArea([
        0,
        0x80,
        0x9a,
        0xe0,
        ...text('Example Corp'),
        ...sixBit('BOARD 6BIT'),
        0x41,
        0x12,
        ...text('EB-1'),
        ...text(''),
      ]),
      product: fruArea([
        25,
        ...text('Example Corp'),
        ...text('Example Server   '),
        ...[0x02, 0xbe, 0xef],
        ...[0x43, 0x12, 0x3a, 0xbc],
        ...text('SN0001'),
        ...text(''),
        ...text('file id'),
        ...text('custom'),
      ]),
    }),
  );
  machine.fru.set(3, fru({ product: fruArea([0, ...text('Maker'), ...text('Supply'), ...[0, 0, 0, 0, 0]]) }));
}

function record(id: number, type: number, body: readonly number[]): Buffer {
  return Buffer.from([id & 0xff, id >> 8, 0x51, type, body.length, ...body]);
}
