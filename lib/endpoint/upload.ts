import { createWriteStream } from 'node:fs';
import { mkdir, open, rm } from 'node:fs/promises';
import type { IncomingMessage } from 'node:http';
import { dirname } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { ModelError, type ModelErrorDetails } from '../models/index.ts';

/** What a client sends to be kept as a file. */
export interface Upload {
  body: AsyncIterable<Uint8Array>;
  /** The name that the client's file has, if it says so. */
  name: string | undefined;
}

/** The longest form: more than any provider, and image archives are not sent in forms. */
const LONGEST_FORM = 256 * 1024 * 1024;

/** Files that are being received; a second upload to the same place is refused. */
const receiving = new Set<string>();

/**
 * The file in a request: the body of `application/octet-stream`, or the part `file` of `multipart/form-data` (which is
 * held in memory, and of `longestForm` bytes at most). Throws ModelError: 413 for a longer form, 400 for anything else.
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

/** What is too long is left to the server to get rid of, once the answer has been sent. */
async function* upTo(limit: number, request: IncomingMessage, tooLong: ModelError): AsyncGenerator<Buffer> {
  let size = 0;
  for await (const chunk of request.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > limit) throw tooLong;
    yield chunk;
  }
}

/**
 * Receives a file as `temporary`, on disk to its last byte, and hands it over to `keep`. Whatever happens, `temporary`
 * is gone afterwards unless `keep` has moved it. Throws ModelError 409 while another upload goes to the same place.
 */
export async function receiveFile<T>(
  temporary: string,
  { body }: Upload,
  details: ModelErrorDetails,
  keep: (size: number) => Promise<T>,
): Promise<T> {
  if (receiving.has(temporary)) throw new ModelError(409, 'File already uploading', details);
  receiving.add(temporary);
  try {
    await makeFolder(dirname(temporary), details);
    // Not over what may lie there: it could be a link.
    await rm(temporary, { force: true });
    const output = createWriteStream(temporary, { mode: 0o644, flags: 'wx' });
    await pipeline(body, output);
    const file = await open(temporary, 'r');
    await file.sync().finally(() => file.close());
    return await keep(output.bytesWritten);
  } catch (error) {
    if (error instanceof ModelError) throw error;
    throw new ModelError(400, `upload: ${error instanceof Error ? error.message : error}`, {
      ...details,
      cause: error,
    });
  } finally {
    // Nothing is there when its folder could not be made.
    await rm(temporary, { force: true }).catch(() => {});
    receiving.delete(temporary);
  }
}

async function makeFolder(folder: string, details: ModelErrorDetails): Promise<void> {
  try {
    await mkdir(folder, { recursive: true, mode: 0o755 });
  } catch (error) {
    throw new ModelError(409, 'Cannot create directory', { ...details, cause: error });
  }
}
