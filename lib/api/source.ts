import type { Readable } from 'node:stream';
import { ModelError } from '../models/index.ts';
import type { Request } from './request.ts';

/** Data to upload. A stream can be sent only once, so its upload is not repeated. */
export type Source = { file: string } | Uint8Array | Readable;

/**
 * How long in ms no bytes may move. Long, since an endpoint is silent while it unpacks an upload. The total has no
 * limit, as it depends on the size.
 */
export const TRANSFER_IDLE_MS = 600_000;

/** The request options that send `source`. Throws ModelError 400 when the file cannot be read. */
export async function bodyFrom(source: Source): Promise<Pick<Request, 'body' | 'headers'>> {
  if (!('file' in source) || typeof source.file !== 'string')
    return { body: source as Uint8Array | Readable };
  const { file } = source;
  const [{ createReadStream }, { open }] = await Promise.all([import('node:fs'), import('node:fs/promises')]);
  try {
    await using handle = await open(file);
    const stats = await handle.stat();
    // Opening a folder succeeds; reading it would fail later.
    if (stats.isDirectory()) throw new Error('it is a folder');
    return { body: () => createReadStream(file), headers: { 'content-length': String(stats.size) } };
  } catch (error) {
    const problem = `Cannot read ${file}: ${error instanceof Error ? error.message : error}`;
    throw new ModelError(400, problem, { type: 'CLIENT_ERROR', cause: error });
  }
}
