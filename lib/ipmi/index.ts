export type { Bmc } from './bmc.ts';
export { type Call, type CallOptions, Ipmitool, type IpmitoolOptions, type Output } from './ipmitool.ts';
export { refusal } from './refusal.ts';
