import type { RawModel } from '../../../models/index.ts';

/** A call of an action. */
export interface Call {
  /** The prefix of the object, or `system`. */
  prefix: string;
  /** Key of the object; empty for the system. */
  key: string;
  plugin: string;
  command: string;
  /** Given params that are not secret. */
  params: RawModel;
  /** Names of given secret params. */
  secrets: readonly string[];
}

/** The segments of the action's path below `/api/v3`. */
export function actionPath({ prefix, key, command }: Call): string[] {
  if (prefix === 'system') return ['system', 'actions', command];
  // `jobs/KEY/actions` means the steps of a job.
  return [prefix, key, prefix === 'jobs' ? 'plugin_actions' : 'actions', command];
}
