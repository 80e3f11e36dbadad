import type { IncomingMessage } from 'node:http';
import { Readable } from 'node:stream';
import { ModelError, type ModelErrorDetails } from '../../models/index.ts';
import type { Upload } from '../state/receive-file.ts';

/** Limit for a form in bytes: more than any provider. Images of archives are not sent as forms. */
const LONGEST_FORM = 256 * 1024 * 1024;

/**
 * The file in a request: the body of `application/octet-stream`, or the part `file` of `multipart/form-data` (kept in
 * memory, at most `longestForm` bytes). Throws ModelError: 413 for a longer form, 400 for anything else.
 */
export async function readUpload(
  request: IncomingMessage,
  details: ModelErrorDetails,
  longestForm = LONGEST_FORM,
): Promise<Upload> {
  const type = request.headers['content-type'] ?? '';
  if (/^application\/octet-stream\b/i.test(type)) return { body: request, name: undefined };
  if (!/^multipart\/form-data\b/i.test(type)) {
    throw new ModelError(400, `Want content-type application/octet-stream, not ${type}`, details);
  }
  const tooLong = new ModelError(
    413,
    `The form is longer than ${longestForm} bytes: send the file as application/octet-stream`,
    details,
  );
  if (Number(request.headers['content-length']) > longestForm) throw tooLong;
  let file: unknown;
  try {
    const bytes = Readable.from(upTo(longestForm, request, tooLong));
    const body = Readable.toWeb(bytes) as ReadableStream<Uint8Array>;
    file = (await new Response(body, { headers: { 'content-type': type } }).formData()).get('file');
  } catch (error) {
    if (error === tooLong) throw tooLong;
    throw new ModelError(
      400,
      `Cannot read multipart body: ${error instanceof Error ? error.message : error}`,
      details,
    );
  }
  if (!(file instanceof File)) throw new ModelError(400, 'Cannot find multipart file', details);
  return { body: Readable.from(file.stream()), name: file.name };
}

/** The server discards the rest of a body that is too long after the answer. */
async function* upTo(limit: number, request: IncomingMessage, tooLong: ModelError): AsyncGenerator<Buffer> {
  let size = 0;
  for await (const chunk of request.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > limit) throw tooLong;
    yield chunk;
  }
}
