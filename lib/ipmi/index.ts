export type { Bmc } from './bmc.ts';
export { type BootFlags, parseBootFlags } from './boot-flags.ts';
export { type FieldValue, parseFields } from './fields.ts';
export { type Fru, parseFru } from './fru.ts';
export { type Call, type CallOptions, Ipmitool, type IpmitoolOptions, type Output } from './ipmitool.ts';
export { refusal } from './refusal.ts';
export { parseSel, type SelEvent } from './sel.ts';
export { parseSensors, type Sensor } from './sensors.ts';
