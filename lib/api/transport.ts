import { setTimeout } from 'node:timers/promises';
import { ModelError } from '../models/index.ts';
import { encodePath } from './address.ts';
import { withoutSecrets } from './answer.ts';
import type { Request } from './request.ts';

/** Causes with which nothing of the request can have reached the endpoint. */
const NOT_SENT = new Set(['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN', 'ENETUNREACH', 'EHOSTUNREACH', 'ENOENT']);
const IDEMPOTENT = new Set(['GET', 'HEAD', 'PUT', 'DELETE']);

/**
 * Whether a request that failed with `error` is to be sent again. The reference client repeats every request whose
 * body it can rewind; POST and PATCH are repeated here only when the endpoint cannot have seen them, because an action
 * that runs twice does harm.
 */
export function mayRepeat(request: Request, error: unknown): boolean {
  // Not a failure of transport.
  if (error instanceof ModelError) return false;
  const code = codeOf(error);
  // A certificate that is not trusted now will not be later.
  if (isTrustProblem(code)) return false;
  if (isOneTime(request.body)) return false;
  return NOT_SENT.has(code) || request.repeatable === true || IDEMPOTENT.has(request.method ?? 'GET');
}

/** Whether `body` is a stream, which is used up by the first try. */
export function isOneTime(body: Request['body']): boolean {
  return typeof body === 'object' && !(body instanceof Uint8Array);
}

/** Waits; throws the reason of `signal` when it is aborted meanwhile. */
export async function pause(milliseconds: number, signal: AbortSignal | undefined): Promise<void> {
  await setTimeout(milliseconds, undefined, { signal }).catch(() => signal?.throwIfAborted());
}

/**
 * A failure in transport: 504 when time was up, 400 when the certificate is not to be trusted (trying again does not help),
 * otherwise 503. Names the endpoint and the cause, no secret.
 */
export function transportError(
  request: Request,
  endpoint: URL,
  error: unknown,
  secrets: readonly string[],
): ModelError {
  if (error instanceof ModelError) return error;
  const code = codeOf(error);
  const what = `${request.method ?? 'GET'} ${encodePath(request.path)}`;
  const cause = error instanceof Error ? error.message : String(error);
  const untrusted = isTrustProblem(code);
  const hint = untrusted ? ' (give its certificate with RS_CA_CERT)' : '';
  const message = withoutSecrets(`${what} at ${endpoint.origin}: ${cause}${hint}`, secrets);
  return new ModelError(untrusted ? 400 : code === 'ETIMEDOUT' ? 504 : 503, message, {
    type: 'CLIENT_ERROR',
  });
}

function isTrustProblem(code: string): boolean {
  return /CERT|UNABLE_TO_VERIFY|ERR_TLS/.test(code);
}

function codeOf(error: unknown): string {
  if (typeof error !== 'object' || error === null || !('code' in error)) return '';
  return String(error.code);
}
