import { ModelError } from './error.ts';

/** The error of a call that a BMC, its tool, or a check before refused. Model and Key are those of the reference. */
export function refusal(code: number, messages: string | readonly string[], cause?: unknown): ModelError {
  return new ModelError(code, messages, { model: 'plugin', key: 'ipmi', type: 'rpc', cause });
}

/** The reason of the abort where it is an error for the wire, else 503. `who` was asked: `BMC 10.0.0.1:623`. */
export function abortError(who: string, signal: AbortSignal): ModelError {
  return ModelError.from(signal.reason) ?? refusal(503, `${who}: the call was cancelled`, signal.reason);
}
