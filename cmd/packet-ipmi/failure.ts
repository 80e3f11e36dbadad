import { ModelError } from '../../lib/models/index.ts';

/** An error of this plugin. Model, Key and Type are those of the Go packet-ipmi plugin. */
export function failure(code: number, message: string): ModelError {
  return new ModelError(code, message, about);
}

export const about = { model: 'plugin', key: 'packet-ipmi', type: 'rpc' } as const;
