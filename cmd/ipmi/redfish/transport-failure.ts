import { refusal } from '../../../lib/ipmi/index.ts';
import { ModelError } from '../../../lib/models/index.ts';
import type { Line, Outgoing } from './exchange.ts';
import { hide } from './hide.ts';

/** An answer that was not read to its end. */
export class TooLong extends Error {
  override readonly message = 'its answer is longer than any resource may be';
}

const NOT_FOUND = new Set(['ENOTFOUND', 'EAI_AGAIN', 'EAI_FAIL']);
const NOT_THERE = new Set(['ECONNREFUSED', 'EHOSTUNREACH', 'ENETUNREACH', 'EADDRNOTAVAIL', 'EHOSTDOWN']);
const CUT_OFF = new Set(['ECONNRESET', 'EPIPE', 'ECONNABORTED']);

/** Whether the connection ended in the middle. */
export function wasCutOff(error: unknown): boolean {
  return CUT_OFF.has(codeOf(error));
}

/** Whether a BMC was not talked to because `ipmi/ca` does not vouch for it. */
export function wasDistrusted(error: unknown): boolean {
  return /CERT|UNABLE_TO_VERIFY|UNABLE_TO_GET_ISSUER/.test(codeOf(error));
}

/** What a failure in transport means, with its cause. Quotes no secret. */
export function transportFailure(
  { bmc, limits }: Line,
  { method, uri }: Outgoing,
  error: unknown,
  signal: AbortSignal,
): ModelError {
  if (signal.aborted) return abortError(bmc.name, signal);
  const known = ModelError.from(error);
  if (known !== undefined) return known;
  const code = codeOf(error);
  const what = `${method} ${uri}`;
  const says = (status: number, text: string) =>
    refusal(status, hide(`BMC ${bmc.name}: ${text}`, bmc.secrets), error);
  if (NOT_FOUND.has(code)) return says(504, 'cannot be found: its host name has no address (ipmi/address)');
  if (NOT_THERE.has(code)) return says(504, `does not answer: ${code} (ipmi/address, ipmi/port-redfish)`);
  if (wasDistrusted(error)) {
    return says(502, `has a certificate that ipmi/ca does not vouch for: ${messageOf(error)}`);
  }
  if (code === 'ETIMEDOUT') {
    // got names what took too long; the operating system's own limit for a connection has the same code.
    return typeof error === 'object' && error !== null && 'event' in error && error.event === 'request'
      ? says(504, `gave no answer to ${what} within ${limits.requestMs / 1000} s`)
      : says(504, `does not answer within ${limits.connectMs / 1000} s (ipmi/address, ipmi/port-redfish)`);
  }
  if (wasCutOff(error)) return says(502, `broke the connection off during ${what}`);
  return says(502, `${what}: ${messageOf(error)}`);
}

/** The error of an action whose signal was aborted. */
export function abortError(bmc: string, signal: AbortSignal): ModelError {
  return ModelError.from(signal.reason) ?? refusal(503, `BMC ${bmc}: the call was cancelled`, signal.reason);
}

function codeOf(error: unknown): string {
  const found = error instanceof ModelError ? error.cause : error;
  if (typeof found !== 'object' || found === null || !('code' in found)) return '';
  return String(found.code);
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
