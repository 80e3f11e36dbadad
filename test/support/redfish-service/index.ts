export { type Certificate, makeCertificate } from './certificate.ts';
export type { Reply } from './endpoint.ts';
export type { DriveOptions, RedfishOptions, SystemOptions, TaskOptions } from './options.ts';
export { type Received, RedfishService } from './service.ts';
