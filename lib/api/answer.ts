import type { Response } from 'got';
import { ModelError } from '../models/index.ts';
import { ConflictError } from './conflict.ts';
import { parseJson } from './json.ts';
import type { Answer, Request } from './request.ts';

/** How much of an answer that is not JSON goes into the error. */
const QUOTE_LENGTH = 200;

/**
 * The answer of the endpoint, or its error thrown: a `models.Error` as it is, save for secrets (the endpoint quotes a
 * token that it does not like); 409 as ConflictError; anything else as an error that quotes how it begins.
 */
export function answerFrom(
  request: Request,
  response: Response<Uint8Array>,
  secrets: readonly string[],
): Answer {
  const { statusCode: status, headers } = response;
  const text = new TextDecoder().decode(response.body);
  const about = `${request.method ?? 'GET'} ${typeof request.path === 'string' ? request.path : request.path.join('/')}`;
  const fail = (code: number, message: string) =>
    new ModelError(code, withoutSecrets(message, secrets), { type: 'CLIENT_ERROR' });
  if (status >= 400) {
    const error = ModelError.from(json(text));
    if (error !== undefined) throw cleaned(error, status, secrets);
    const shown = text === '' ? (response.statusMessage ?? '') : quote(text);
    const unknown = fail(status, `${about}: ${status} ${shown}`.trim());
    throw status === 409 ? ConflictError.of(unknown) : unknown;
  }
  if (status >= 300 && status !== 304) {
    throw fail(
      502,
      `${about}: status ${status} is not an answer of the API (to ${headers.location ?? 'nowhere'})`,
    );
  }
  const etag = headers.etag;
  if (status === 304 || request.method === 'HEAD' || text === '')
    return { status, headers, etag, body: undefined };
  const body = json(text);
  if (body === undefined) throw fail(502, `${about}: answer is not JSON: ${quote(text)}`);
  return { status, headers, etag, body };
}

/** `text` with the values of `secrets` made unreadable. */
export function withoutSecrets(text: string, secrets: readonly string[]): string {
  return secrets.reduce((rest, secret) => rest.replaceAll(secret, '***'), text);
}

function cleaned(error: ModelError, status: number, secrets: readonly string[]): ModelError {
  const { model, key, type } = error;
  const messages = error.messages.map((message) => withoutSecrets(message, secrets));
  // Some errors of the endpoint have no code of their own.
  const code = error.code >= 400 ? error.code : status;
  const clean = new ModelError(code, messages, { model, key, type });
  return code === 409 ? ConflictError.of(clean) : clean;
}

function quote(text: string): string {
  return text.length > QUOTE_LENGTH ? `${text.slice(0, QUOTE_LENGTH)}...` : text;
}

function json(text: string): unknown {
  try {
    return parseJson(text);
  } catch {
    return undefined;
  }
}
