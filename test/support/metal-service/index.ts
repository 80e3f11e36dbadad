export type { DeviceJson, Timing } from './device.ts';
export type { Failure } from './failures.ts';
export { type MetalOptions, MetalService, type Received } from './service.ts';
