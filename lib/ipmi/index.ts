export { abortError, refusal } from '../models/index.ts';
export { type Bmc, type Privilege, readBmcKey } from './bmc.ts';
export { BmcQueue } from './bmc-queue.ts';
export { type BootDevice, bootFlags, setBootOrder } from './commands/boot.ts';
export type { BootFlags } from './commands/boot-flags.ts';
export { chassisStatus, controlPower, identify, type PowerControl, powerState } from './commands/chassis.ts';
export { coldReset } from './commands/cold-reset.ts';
export { deviceId, deviceInfo, identity } from './commands/device.ts';
export type { FieldValue } from './commands/fields.ts';
export { type Fru, readFrus } from './commands/fru.ts';
export type { Identity } from './commands/identity.ts';
export { type AddressSource, type Ipv6Address, type Lan, readLan } from './commands/lan.ts';
export { clearSel, type SelEvent, selEvents, selInfo } from './commands/sel.ts';
export { readSensors, type Sensor } from './commands/sensors.ts';
export { solInfo } from './commands/sol.ts';
export { dateText, timeText } from './commands/timestamps.ts';
export { readUsers, setPassword, type User, type UserPrivilege } from './commands/users.ts';
export { vendorName } from './commands/vendors.ts';
export type { AskOptions, UdpTarget } from './datagram.ts';
export { ipmiVersions } from './ipmi-versions.ts';
export type { IpmiSession } from './lanplus/bmc-session.ts';
export { Lanplus } from './lanplus/lanplus.ts';
export type { ConsoleListener, SolConnection } from './lanplus/sol-connection.ts';
export type { Timing } from './lanplus/timing.ts';
export { Unsuitable } from './lanplus/unsuitable.ts';
export { mayBeDone } from './may-be-done.ts';
export { type Presence, presencePing } from './presence-ping.ts';
export { parseBootFlags } from './tool/boot-flags.ts';
export { checkEnd } from './tool/child-failure.ts';
export { parseFields } from './tool/fields.ts';
export { parseFru } from './tool/fru.ts';
export { identityOf } from './tool/identity.ts';
export {
  type Call,
  type CallOptions,
  Ipmitool,
  type IpmitoolOptions,
  type Output,
} from './tool/ipmitool.ts';
export { parseLan } from './tool/lan.ts';
export { parseSel } from './tool/sel.ts';
export { parseSensors } from './tool/sensors.ts';
export { parseUsers } from './tool/users.ts';
