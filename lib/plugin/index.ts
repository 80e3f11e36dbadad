export { CLOCK_SOURCE, type Clock, type ClockSource, type WorkClock } from './clock.ts';
export {
  type ActionContext,
  type ActionDeclaration,
  type ActionMaker,
  type ActionParams,
  type Actions,
  action,
  type ConfigContext,
  type Context,
  type EventContext,
  type PackText,
  type PluginDeclaration,
  type RouteAnswer,
  type RouteRequest,
  type UnpackContext,
  type ValidateContext,
} from './declaration.ts';
export { DeclarationError, definePlugin, type Plugin } from './define.ts';
export type { Logger } from './logger.ts';
export type { ModelName, ModelOf, StoredObject, StoreObjects } from './object-types.ts';
export { run } from './run.ts';
