import { ModelError } from '../../lib/models/index.ts';

/** An error of this plugin for the wire. */
export function refusal(code: number, messages: string | readonly string[], cause?: unknown): ModelError {
  return new ModelError(code, messages, { model: 'plugin', key: 'virtualbox-ipmi', type: 'plugin', cause });
}

/** The reason of an abort where it is an error for the wire, else 503. */
export function cancelled(what: string, signal: AbortSignal): ModelError {
  return ModelError.from(signal.reason) ?? refusal(503, `${what}: cancelled`, signal.reason);
}
