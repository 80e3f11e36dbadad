import type { Readable } from 'node:stream';
import { ModelError, TimeLimit } from '../models/index.ts';
import { encodePath } from './address.ts';

/** How long in ms the server may take to begin its answer. */
const ANSWER_MS = 60_000;

/**
 * The bytes of a file on the static file server of the endpoint `host`, which needs no login. Throws ModelError: 404
 * when the server is disabled or lacks the file, 503 when it does not answer.
 */
export async function staticFile(
  host: string,
  port: number | undefined,
  path: readonly string[],
  signal: AbortSignal | undefined,
): Promise<Readable> {
  if (!port) throw problem(404, path, 'The endpoint has no static file server');
  const { Readable } = await import('node:stream');
  // Covers the head of the answer only: the rest depends on the size.
  using limit = new TimeLimit(ANSWER_MS);
  const waiting = new AbortController();
  const stop = () => waiting.abort(limit.signal.reason);
  limit.signal.addEventListener('abort', stop, { once: true });
  const signals = signal === undefined ? [waiting.signal] : [waiting.signal, signal];
  const url = `http://${host}:${port}/${encodePath(path)}`;
  const answer = await fetch(url, { signal: AbortSignal.any(signals) }).catch((error: unknown) => {
    signal?.throwIfAborted();
    const reason = error instanceof Error && error.cause instanceof Error ? error.cause : error;
    throw problem(503, path, `GET ${url}: ${reason instanceof Error ? reason.message : reason}`, error);
  });
  limit.signal.removeEventListener('abort', stop);
  const { ok, status, statusText, body } = answer;
  if (ok && body !== null) return Readable.fromWeb(body);
  await body?.cancel();
  throw problem(status, path, `GET ${url}: ${status} ${statusText}`.trim());
}

function problem(code: number, path: readonly string[], message: string, cause?: unknown): ModelError {
  return new ModelError(code, message, { type: 'CLIENT_ERROR', model: 'files', key: path.join('/'), cause });
}
