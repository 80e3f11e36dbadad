import { ModelError } from '../../lib/models/index.ts';

/** An error about the operator's settings or request. */
export function refusal(code: number, messages: string | readonly string[]): ModelError {
  return new ModelError(code, messages, { model: 'plugin', key: 'bios', type: 'plugin' });
}
