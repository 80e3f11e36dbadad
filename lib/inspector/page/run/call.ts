import type { RawModel } from '../../../models/index.ts';

/** An action that is run, or was. */
export interface Call {
  /** The prefix of the object, or `system`. */
  prefix: string;
  /** The object's; empty for the system. */
  key: string;
  plugin: string;
  command: string;
  /** Those that are given with the call and are no secret. */
  params: RawModel;
  /** The names of those that are. */
  secrets: readonly string[];
}

/** The path of the action below `/api/v3`, in segments. */
export function actionPath({ prefix, key, command }: Call): string[] {
  if (prefix === 'system') return ['system', 'actions', command];
  // What jobs themselves call their actions are the scripts of their task.
  return [prefix, key, prefix === 'jobs' ? 'plugin_actions' : 'actions', command];
}
