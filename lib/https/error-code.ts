import { ModelError } from '../models/index.ts';

const CUT_OFF = new Set([
  'ECONNRESET',
  'EPIPE',
  'ECONNABORTED',
  'ERR_STREAM_PREMATURE_CLOSE',
  'ERR_HTTP_CONTENT_LENGTH_MISMATCH',
]);
const REFUSED = new Set([
  'ECONNREFUSED',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'EADDRNOTAVAIL',
  'EHOSTDOWN',
  'ENETDOWN',
]);

/** The code of an error of Node.js, of got, or of the cause of a ModelError; empty for an error without a code. */
export function codeOf(error: unknown): string {
  const found = error instanceof ModelError ? error.cause : error;
  if (typeof found !== 'object' || found === null || !('code' in found)) return '';
  return String(found.code);
}

/** What took too long, in got's words (`connect`, `secureConnect`, `request`); empty when it was something else. */
export function timeoutOf(error: unknown): string {
  const found = error instanceof ModelError ? error.cause : error;
  if (codeOf(error) !== 'ETIMEDOUT') return '';
  // The operating system's own limit for a connection has the same code, and no event.
  return typeof found === 'object' && found !== null && 'event' in found ? String(found.event) : 'connect';
}

/** Whether the connection ended in the middle. */
export function wasCutOff(error: unknown): boolean {
  return CUT_OFF.has(codeOf(error)) && !endedBeforeTls(error);
}

/** Whether no connection came about, so that nothing has been sent. */
export function wasRefused(error: unknown): boolean {
  return REFUSED.has(codeOf(error)) || ['lookup', 'connect', 'secureConnect'].includes(timeoutOf(error));
}

/** Whether somebody was not talked to because `ipmi/ca` does not vouch for them. */
export function wasDistrusted(error: unknown): boolean {
  return /CERT|UNABLE_TO_VERIFY|UNABLE_TO_GET_ISSUER/.test(codeOf(error)) && !/^ERR_SSL_/.test(codeOf(error));
}

/** Whether the two found no version of TLS, or no cipher, that both speak. */
export function wasTlsFailure(error: unknown): boolean {
  return /^(ERR_SSL_|ERR_TLS_|ERR_OSSL_|EPROTO$)/.test(codeOf(error)) && !wasDistrusted(error);
}

/** Old BMCs just close the connection when they are shown a version of TLS that they do not know. */
export function endedBeforeTls(error: unknown): boolean {
  const found = error instanceof ModelError ? error.cause : error;
  return found instanceof Error && /before secure TLS connection was established/.test(found.message);
}

/** Whether what came is not HTTP, even to a lenient reader. */
export function wasMisread(error: unknown): boolean {
  return codeOf(error).startsWith('HPE_');
}

/** Whether a body is not packed as its headers say. */
export function wasMispacked(error: unknown): boolean {
  return error instanceof Error && (codeOf(error).startsWith('Z_') || codeOf(error.cause).startsWith('Z_'));
}
