export { type CallOptions, type CallResult, callContainerPlugin, callForResult, resultOf } from './call.ts';
export {
  type CommandContext,
  type CommandDeclaration,
  type CommandHandler,
  type ContainerPlugin,
  type ContainerPluginOptions,
  command,
} from './commands.ts';
export { ContainerPlugins } from './container.ts';
export { commands, type RunnableContainerPlugin } from './declare.ts';
export { resultFrame } from './frame.ts';
export { LEVELS, type LevelledMessage, LevelReader } from './levels.ts';
export { type DeclaredPlugin, readPluginToml, writePluginToml } from './plugin-toml.ts';
export { run } from './run.ts';
