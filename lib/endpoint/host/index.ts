export type { DiscoveryReport } from './discovery.ts';
export { PluginHost } from './host.ts';
export type { PluginState } from './instance.ts';
export {
  DEFAULT_LIMITS,
  type HostLimits,
  type HostOptions,
  type LogSource,
  type PluginEnvironment,
  type PluginObject,
} from './options.ts';
