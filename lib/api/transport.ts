import { setTimeout } from 'node:timers/promises';
import { ModelError } from '../models/index.ts';
import { encodePath } from './address.ts';
import { withoutSecrets } from './answer.ts';
import type { Request } from './request.ts';

/** Error codes that mean that the endpoint has seen nothing of the request. */
const NOT_SENT = new Set(['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN', 'ENETUNREACH', 'EHOSTUNREACH', 'ENOENT']);
const IDEMPOTENT = new Set(['GET', 'HEAD', 'PUT', 'DELETE']);

/**
 * Whether a request that failed with `error` may be repeated. Go's client repeats every request whose body can be
 * rewound. Here POST and PATCH are repeated only when the endpoint cannot have seen them, since an action that runs
 * twice does harm.
 */
export function mayRepeat(request: Request, error: unknown): boolean {
  // The endpoint has answered: not a transport failure.
  if (error instanceof ModelError) return false;
  const code = codeOf(error);
  // Repeating does not make a certificate trusted.
  if (isTrustProblem(code)) return false;
  if (isOneTime(request.body)) return false;
  return NOT_SENT.has(code) || request.repeatable === true || IDEMPOTENT.has(request.method ?? 'GET');
}

/** Whether `body` is a stream, which only one try can send. */
export function isOneTime(body: Request['body']): boolean {
  return typeof body === 'object' && !(body instanceof Uint8Array);
}

/** Waits. Throws the reason of `signal` when it is aborted. */
export async function pause(milliseconds: number, signal: AbortSignal | undefined): Promise<void> {
  await setTimeout(milliseconds, undefined, { signal }).catch(() => signal?.throwIfAborted());
}

/**
 * The error for a transport failure: 504 after the time limit, 400 for an untrusted certificate (repeating does not
 * help), else 503. Names the endpoint and the cause, no secret.
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
