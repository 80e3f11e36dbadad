export type { DiscoveryReport } from './discovery.ts';
export { PluginHost } from './host.ts';
export type {
  HostLimits,
  HostOptions,
  LogSource,
  PluginObserver,
} from './options.ts';
