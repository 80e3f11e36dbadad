export {
  type ActionContext,
  type ActionDeclaration,
  type ActionParams,
  action,
  type ConfigContext,
  type Context,
  type EventContext,
  type PluginDeclaration,
  type RouteAnswer,
  type RouteRequest,
  type UnpackContext,
  type ValidateContext,
} from './declaration.ts';
export { DeclarationError, definePlugin, type Plugin } from './define.ts';
export type { Logger } from './logger.ts';
export { run } from './run.ts';
