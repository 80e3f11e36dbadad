import { ModelError } from './error.ts';

/**
 * The error for a call that a BMC, its tool, or a check before the call refused. Model and Key are those of the Go ipmi
 * plugin.
 */
export function refusal(code: number, messages: string | readonly string[], cause?: unknown): ModelError {
  return new ModelError(code, messages, { model: 'plugin', key: 'ipmi', type: 'rpc', cause });
}

/** The signal's reason when that is a models.Error, else an error 503. `who` names the peer: `BMC 10.0.0.1:623`. */
export function abortError(who: string, signal: AbortSignal): ModelError {
  return ModelError.from(signal.reason) ?? refusal(503, `${who}: the call was cancelled`, signal.reason);
}
