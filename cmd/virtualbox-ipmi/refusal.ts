import { ModelError } from '../../lib/models/index.ts';

/** An error of this plugin. */
export function refusal(code: number, messages: string | readonly string[], cause?: unknown): ModelError {
  return new ModelError(code, messages, { model: 'plugin', key: 'virtualbox-ipmi', type: 'plugin', cause });
}

/** The signal's reason when that is a ModelError, else an error 503. */
export function cancelled(what: string, signal: AbortSignal): ModelError {
  return ModelError.from(signal.reason) ?? refusal(503, `${what}: cancelled`, signal.reason);
}
