import { ModelError } from '../../lib/models/index.ts';

/** An error about what an operator has set or asked for. */
export function refusal(code: number, messages: string | readonly string[]): ModelError {
  return new ModelError(code, messages, { model: 'plugin', key: 'bios', type: 'plugin' });
}
