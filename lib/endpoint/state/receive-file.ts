import { createWriteStream } from 'node:fs';
import { glob, mkdir, open, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { ModelError, type ModelErrorDetails } from '../../models/index.ts';
import { removeParts } from './explode.ts';

/** A file that a client uploads. */
export interface Upload {
  body: AsyncIterable<Uint8Array>;
  /** The client's file name, if given. */
  name: string | undefined;
}

/** Uploads in progress. A second upload to the same place is refused. */
const receiving = new Set<string>();

/**
 * Receives a file as `temporary`, syncs it to disk, and passes it to `keep`. Afterwards `temporary` is removed unless
 * `keep` has moved it. Throws ModelError 409 while another upload goes to the same place.
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
    // An existing file could be a link.
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
    // Fails when the folder could not be created.
    await rm(temporary, { force: true }).catch(() => {});
    receiving.delete(temporary);
  }
}

/** Removes unfinished uploads and archives of a killed endpoint from a folder. */
export async function removeUnfinished(folder: string): Promise<void> {
  for await (const name of glob('**/.*.part', { cwd: folder })) await removeParts(join(folder, name));
}

async function makeFolder(folder: string, details: ModelErrorDetails): Promise<void> {
  try {
    await mkdir(folder, { recursive: true, mode: 0o755 });
  } catch (error) {
    const problem = `Failed to ensure final directory for ${basename(details.key ?? '')} exists`;
    throw new ModelError(409, problem, { ...details, cause: error });
  }
}
