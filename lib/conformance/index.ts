export type { Check } from './check.ts';
export { CHECKS, type ConformanceOptions, checkConformance, type Finding } from './conformance.ts';
export {
  type Answer,
  type Post,
  type ProviderOptions,
  ProviderProcess,
  type RawConnection,
} from './provider-process.ts';
export { findingText, summaryText } from './text.ts';
