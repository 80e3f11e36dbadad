/**
 * The content of a simulated BMC besides its chassis: ipmi_sim commands (ipmi_sim_cmd(5)) for a controller with one
 * FRU, one temperature sensor and two events in its log. Formats: IPMI 2.0 specification (SDR type 01h in section 43.1,
 * SEL record type 02h in 32.1) and FRU information storage definition 1.0.
 */
export function emulation(): string {
  const fru = fruData({
    product: ['Example Corp', 'Example Server', 'EX-1', '1.0', 'SN0001', 'asset-1'],
    board: ['Example Corp', 'Example Board', 'BSN0001', 'EB-1'],
  });
  return [
    'mc_setbmc 0x20',
    // Device 0x23, firmware 9.8, all device support but bridging, manufacturer 0x1291, product 0xf02.
    'mc_add 0x20 0x23 no-device-sdrs 0x03 9 8 0x9f 0x1291 0xf02',
    'sel_enable 0x20 1000 0x0a',
    `mc_add_fru_data 0x20 0 ${fru.length} data ${hex(fru)}`,
    `main_sdr_add 0x20 ${hex(temperatureSensor('Inlet Temp'))}`,
    `sensor_add 0x20 0 ${SENSOR} 0x01 0x01`,
    `sensor_set_value 0x20 0 ${SENSOR} 23 0`,
    'sensor_set_threshold 0x20 0 0x30 settable 111000 0x60 0x50 0x46 0 0 0',
    'mc_enable 0x20',
    // Record type 2, a timestamp, generator 0x20, event message revision 4, sensor type, number, event type, data.
    'sel_add 0x20 0x02 0x00 0x6a 0x5b 0x65 0x20 0x00 0x04 0x01 0x30 0x01 0x59 0x51 0x50',
    'sel_add 0x20 0x02 0x3c 0x6a 0x5b 0x65 0x20 0x00 0x04 0x01 0x30 0x81 0x59 0x4f 0x50',
    '',
  ].join('\n');
}

const SENSOR = '0x30';

/** A full sensor record in degrees C, with a conversion factor of one. */
function temperatureSensor(name: string): number[] {
  const body = [
    ...[0x20, 0x00, Number(SENSOR), 0x07, 0x01],
    // Initialization; capabilities: re-arms by itself, thresholds can be set; temperature, by thresholds.
    ...[0x7f, 0x68, 0x01, 0x01],
    // Events asserted, deasserted; thresholds that can be read and set: the three upper ones.
    ...[0x80, 0x0a, 0x80, 0x0a, 0x38, 0x38],
    // Unsigned degrees C; linear; M 1, B 0, no exponents.
    ...[0x00, 0x01, 0x00, 0x00, 0x01, 0x00, 0x00, 0x00, 0x00, 0x00],
    // Nominal values, range, thresholds (0x60, 0x50, 0x46), hysteresis, reserved, OEM.
    ...[0x07, 0x17, 0x28, 0x05, 0xff, 0x00, 0x60, 0x50, 0x46, 0x00, 0x00, 0x00, 0x02, 0x02, 0x00, 0x00, 0x00],
    ...text(name),
  ];
  return [0x00, 0x00, 0x51, 0x01, body.length, ...body];
}

function fruData({ product, board }: { product: string[]; board: string[] }): number[] {
  const boardArea = fruArea([0x00, 0x00, 0x00, 0x00, ...board.flatMap(text), ...text('')]);
  const productArea = fruArea([0x00, ...product.flatMap(text), ...text('')]);
  const header = [0x01, 0x00, 0x00, 1, 1 + boardArea.length / 8, 0x00, 0x00];
  return [...header, checksum(header), ...boardArea, ...productArea];
}

/** Format version, length in eights, contents, end of fields, padding, checksum. */
function fruArea(contents: number[]): number[] {
  const size = Math.ceil((contents.length + 4) / 8) * 8;
  const area = [0x01, size / 8, ...contents, 0xc1];
  while (area.length < size - 1) area.push(0);
  return [...area, checksum(area)];
}

/** Length byte for 8-bit text, and the text. */
function text(value: string): number[] {
  return [0xc0 | value.length, ...Buffer.from(value, 'latin1')];
}

function checksum(bytes: number[]): number {
  return (256 - (bytes.reduce((sum, byte) => sum + byte, 0) % 256)) % 256;
}

function hex(bytes: number[]): string {
  return bytes.map((byte) => `0x${byte.toString(16).padStart(2, '0')}`).join(' ');
}
