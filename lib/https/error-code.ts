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

/** The code of an error of Node.js, of got, or of the cause of a ModelError; empty if the error has no code. */
export function codeOf(error: unknown): string {
  const found = error instanceof ModelError ? error.cause : error;
  if (typeof found !== 'object' || found === null || !('code' in found)) return '';
  return String(found.code);
}

/** Which of got's time limits passed (`connect`, `secureConnect`, `request`); empty for other errors. */
export function timeoutOf(error: unknown): string {
  const found = error instanceof ModelError ? error.cause : error;
  if (codeOf(error) !== 'ETIMEDOUT') return '';
  // The operating system's connection timeout has the same code, but no event.
  return typeof found === 'object' && found !== null && 'event' in found ? String(found.event) : 'connect';
}

/** Whether the connection ended before the answer was complete. */
export function wasCutOff(error: unknown): boolean {
  return CUT_OFF.has(codeOf(error)) && !endedBeforeTls(error);
}

/** Whether no connection was made, so that nothing was sent. */
export function wasRefused(error: unknown): boolean {
  return REFUSED.has(codeOf(error)) || ['lookup', 'connect', 'secureConnect'].includes(timeoutOf(error));
}

/** Whether the certificate is not trusted by `ipmi/ca`. */
export function wasDistrusted(error: unknown): boolean {
  return /CERT|UNABLE_TO_VERIFY|UNABLE_TO_GET_ISSUER/.test(codeOf(error)) && !/^ERR_SSL_/.test(codeOf(error));
}

/** Whether both sides have no TLS version or cipher in common. */
export function wasTlsFailure(error: unknown): boolean {
  return /^(ERR_SSL_|ERR_TLS_|ERR_OSSL_|EPROTO$)/.test(codeOf(error)) && !wasDistrusted(error);
}

/**
 * Whether the server closed the connection during the handshake, as old BMCs do when they do not know the TLS version.
 */
export function endedBeforeTls(error: unknown): boolean {
  const found = error instanceof ModelError ? error.cause : error;
  return found instanceof Error && /before secure TLS connection was established/.test(found.message);
}

/** Whether the answer is not HTTP, even for a lenient parser. */
export function wasMisread(error: unknown): boolean {
  return codeOf(error).startsWith('HPE_');
}

/** Whether a body does not have the compression that its headers announce. */
export function wasMispacked(error: unknown): boolean {
  return error instanceof Error && (codeOf(error).startsWith('Z_') || codeOf(error.cause).startsWith('Z_'));
}
