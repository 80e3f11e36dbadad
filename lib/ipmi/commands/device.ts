import { COMPLETION } from '../completion-codes.ts';
import type { IpmiSession } from '../lanplus/bmc-session.ts';
import { ask, tooShort } from './ask.ts';
import type { Fields } from './fields.ts';
import { guidText } from './guid.ts';
import type { Identity } from './identity.ts';
import { vendorName } from './vendors.ts';

/** Get Device ID (IPMI 2.0, section 20.1). */
export interface DeviceId {
  id: number;
  revision: number;
  /** Whether the controller has its own SDRs, and its functions as bits. */
  hasDeviceSdrs: boolean;
  functions: number;
  firmware: string;
  isUpdating: boolean;
  ipmiVersion: string;
  manufacturer: number;
  product: number;
  auxiliary?: Buffer;
}

const FUNCTIONS = [
  'Sensor Device',
  'SDR Repository Device',
  'SEL Device',
  'FRU Inventory Device',
  'IPMB Event Receiver',
  'IPMB Event Generator',
  'Bridge',
  'Chassis Device',
];

/** Reads the device id. Throws ModelError. */
export async function deviceId(session: IpmiSession): Promise<DeviceId> {
  const data = await ask(session, 'Get Device ID command', { netFn: 0x06, command: 0x01 });
  if (data.length < 11) throw tooShort(session, 'Get Device ID', data);
  const hex = (value: number) => value.toString(16);
  const [major, minor, version] = [data.readUInt8(2), data.readUInt8(3), data.readUInt8(4)];
  return {
    id: data.readUInt8(0),
    revision: data.readUInt8(1) & 0x0f,
    hasDeviceSdrs: (data.readUInt8(1) & 0x80) !== 0,
    functions: data.readUInt8(5),
    // The minor version is BCD.
    firmware: `${major & 0x7f}.${hex(minor).padStart(2, '0')}`,
    isUpdating: (major & 0x80) !== 0,
    ipmiVersion: `${hex(version & 0x0f)}.${hex(version >> 4)}`,
    manufacturer: data.readUIntLE(6, 3) & 0x0f_ffff,
    product: data.readUInt16LE(9),
    ...(data.length >= 15 && { auxiliary: data.subarray(11, 15) }),
  };
}

/** The controller, with the names of `ipmitool mc info`. Throws ModelError. */
export async function deviceInfo(session: IpmiSession): Promise<Fields> {
  const device = await deviceId(session);
  const { manufacturer, product, auxiliary } = device;
  const hex = (value: number) => value.toString(16).toUpperCase();
  const functions = FUNCTIONS.filter((_name, bit) => (device.functions & (1 << bit)) !== 0);
  return {
    'Device ID': String(device.id),
    'Device Revision': String(device.revision),
    'Firmware Revision': device.firmware,
    'IPMI Version': device.ipmiVersion,
    'Manufacturer ID': String(manufacturer),
    'Manufacturer Name': vendorName(manufacturer) ?? `Unknown (0x${hex(manufacturer)})`,
    'Product ID': `${product} (0x${product.toString(16).padStart(4, '0')})`,
    'Product Name': `Unknown (0x${hex(product)})`,
    'Device Available': device.isUpdating ? 'no' : 'yes',
    'Provides Device SDRs': device.hasDeviceSdrs ? 'yes' : 'no',
    'Additional Device Support': functions.length === 0 ? '' : functions,
    ...(auxiliary !== undefined && {
      'Aux Firmware Rev Info': [...auxiliary].map((byte) => `0x${byte.toString(16).padStart(2, '0')}`),
    }),
  };
}

/** The BMC's identity. Throws ModelError. */
export async function identity(session: IpmiSession): Promise<Identity> {
  const { manufacturer, product, firmware } = await deviceId(session);
  // Get System GUID is optional (IPMI 2.0, section 22.14).
  const { code, data } = await session.request({ netFn: 0x06, command: 0x37 });
  const uuid = code === COMPLETION.ok ? guidText(data) : undefined;
  const vendor = vendorName(manufacturer);
  return {
    ...(vendor !== undefined && { vendor }),
    product: `${product} (0x${product.toString(16).padStart(4, '0')})`,
    firmware,
    ...(uuid !== undefined && { uuid }),
  };
}
