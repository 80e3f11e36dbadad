import { ModelError } from '../models/index.ts';

/** The error of a call that a BMC, its tool, or a check before refused. Model and Key are those of the reference. */
export function refusal(code: number, messages: string | readonly string[], cause?: unknown): ModelError {
  return new ModelError(code, messages, { model: 'plugin', key: 'ipmi', type: 'rpc', cause });
}
