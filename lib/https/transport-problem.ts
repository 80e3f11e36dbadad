import { ModelError } from '../models/index.ts';
import type { Limits } from './send.ts';

const NOT_FOUND = new Set(['ENOTFOUND', 'EAI_AGAIN', 'EAI_FAIL']);
const NOT_THERE = new Set(['ECONNREFUSED', 'EHOSTUNREACH', 'ENETUNREACH', 'EADDRNOTAVAIL', 'EHOSTDOWN']);
const CUT_OFF = new Set(['ECONNRESET', 'EPIPE', 'ECONNABORTED']);

/** Whether the connection ended in the middle. */
export function wasCutOff(error: unknown): boolean {
  return CUT_OFF.has(codeOf(error));
}

/** Whether somebody was not talked to because `ipmi/ca` does not vouch for them. */
export function wasDistrusted(error: unknown): boolean {
  return /CERT|UNABLE_TO_VERIFY|UNABLE_TO_GET_ISSUER/.test(codeOf(error));
}

/**
 * Why a request got no answer: the code for the plugin's error, and what follows the name of whom it was for. `what` is
 * the request in words, `params` are the params to look at. May quote a secret.
 */
export function transportProblem(
  error: unknown,
  { what, limits, params }: { what: string; limits: Limits; params: string },
): { code: number; says: string } {
  const code = codeOf(error);
  if (NOT_FOUND.has(code)) {
    return { code: 504, says: 'cannot be found: its host name has no address (ipmi/address)' };
  }
  if (NOT_THERE.has(code)) return { code: 504, says: `does not answer: ${code} (${params})` };
  if (wasDistrusted(error)) {
    return { code: 502, says: `has a certificate that ipmi/ca does not vouch for: ${messageOf(error)}` };
  }
  if (code === 'ETIMEDOUT') {
    // got names what took too long; the operating system's own limit for a connection has the same code.
    const late = typeof error === 'object' && error !== null && 'event' in error && error.event === 'request';
    const says = late
      ? `gave no answer to ${what} within ${limits.requestMs / 1000} s`
      : `does not answer within ${limits.connectMs / 1000} s (${params})`;
    return { code: 504, says };
  }
  if (wasCutOff(error)) return { code: 502, says: `broke the connection off during ${what}` };
  return { code: 502, says: `${what}: ${messageOf(error)}` };
}

function codeOf(error: unknown): string {
  const found = error instanceof ModelError ? error.cause : error;
  if (typeof found !== 'object' || found === null || !('code' in found)) return '';
  return String(found.code);
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
