import type { Response } from 'got';
import { ModelError, parseJson } from '../models/index.ts';
import { ConflictError } from './conflict.ts';
import type { Answer, Request } from './request.ts';

/** How many characters of an answer that is not JSON the error quotes. */
const QUOTE_LENGTH = 200;

/** The parts of an HTTP answer that are used here. */
export type RawAnswer = Pick<Response<Uint8Array>, 'statusCode' | 'statusMessage' | 'headers' | 'body'>;

/**
 * Returns the answer of the endpoint or throws its error: a `models.Error` unchanged except for secrets (the endpoint
 * quotes a token that it refuses), 409 as ConflictError, anything else as an error that quotes the start of the answer.
 */
export function answerFrom(request: Request, response: RawAnswer, secrets: readonly string[]): Answer {
  const { statusCode: status, headers } = response;
  if (status >= 300 && status !== 304) throw failure(request, response, secrets);
  const text = new TextDecoder().decode(response.body);
  const etag = headers.etag;
  if (status === 304 || request.method === 'HEAD' || text === '')
    return { status, headers, etag, body: undefined };
  const body = json(text);
  if (body !== undefined) return { status, headers, etag, body };
  throw oddAnswer(request, 502, `answer is not JSON: ${quote(text)}`, secrets);
}

/** The error for an answer with a status of 300 or more. */
export function failure(request: Request, response: RawAnswer, secrets: readonly string[]): ModelError {
  const { statusCode: status, statusMessage = '', headers } = response;
  if (status < 400) {
    return oddAnswer(
      request,
      502,
      `status ${status} to ${headers.location} is not an answer of the API`,
      secrets,
    );
  }
  const text = new TextDecoder().decode(response.body);
  const error = ModelError.from(json(text));
  if (error !== undefined) return cleaned(error, status, secrets);
  const shown = text === '' ? statusMessage : quote(text);
  return oddAnswer(request, status, `${status} ${shown}`.trim(), secrets);
}

/** The error for an answer longer than the limit. */
export function longAnswer(request: Request, bytes: number): ModelError {
  return oddAnswer(request, 502, `answer is longer than ${bytes} bytes`, []);
}

function oddAnswer(request: Request, code: number, what: string, secrets: readonly string[]): ModelError {
  const { method = 'GET', path } = request;
  const about = `${method} ${typeof path === 'string' ? path : path.join('/')}`;
  const error = new ModelError(code, withoutSecrets(`${about}: ${what}`, secrets), { type: 'CLIENT_ERROR' });
  return code === 409 ? ConflictError.of(error) : error;
}

/** `text` with `secrets` masked. */
export function withoutSecrets(text: string, secrets: readonly string[]): string {
  return secrets.reduce((rest, secret) => rest.replaceAll(secret, '***'), text);
}

function cleaned(error: ModelError, status: number, secrets: readonly string[]): ModelError {
  const { model, key, type } = error;
  const messages = error.messages.map((message) => withoutSecrets(message, secrets));
  // Some errors of the endpoint have no code, or one that is not an HTTP status.
  const code = error.code >= 400 && error.code <= 599 ? error.code : status;
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
