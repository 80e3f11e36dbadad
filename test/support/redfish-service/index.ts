export type { BiosOptions, RegistryEntry } from './bios.ts';
export { type Certificate, makeCertificate } from './certificate.ts';
export type { Received, Reply } from './endpoint.ts';
export type { DriveOptions, RedfishOptions, SystemOptions, TaskOptions, Traits } from './options.ts';
export { RedfishService } from './service.ts';
