export { type Pauses, PluginClient, type RequestLimits } from './client.ts';
export { decodeLogEntry, encodeLogEntry, readLogEntries } from './log-entries.ts';
export type * from './protocol.ts';
export {
  type ActivePlugin,
  notFound,
  notImplemented,
  PluginRegistry,
  type RegistryOptions,
} from './registry.ts';
export {
  type DockerPluginDeclaration,
  type DockerPluginPlace,
  dockerPlugin,
  type RunnableDockerPlugin,
  type RunningDockerPlugin,
  runDockerPlugin,
  serveDockerPlugin,
} from './serve.ts';
export { addressIn, type PluginAddress, type PluginTls } from './spec.ts';
