export type { DiscoveryReport } from './discovery.ts';
export { PluginHost } from './host.ts';
export type {
  HostLimits,
  HostOptions,
  LogSource,
  PluginObserver,
} from './options.ts';
export type { PluginProcess } from './supervised-plugin.ts';
export type { Traffic } from './traffic.ts';
