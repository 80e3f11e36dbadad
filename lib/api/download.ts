import { ModelError } from '../models/index.ts';
import type { Connection } from './connection.ts';
import type { TransferOptions } from './request.ts';
import { pause, transportError } from './transport.ts';

export interface Downloaded {
  /** Bytes of the file. */
  size: number;
  /** In hex. */
  sha256: string;
  /** The local file was the same already; nothing was transferred. */
  unchanged: boolean;
}

/** How long no bytes may arrive, in ms. */
const IDLE_MS = 60_000;

/**
 * Downloads `path` to `file` by way of `file.part`. A broken connection is resumed when the expected checksum (`sum`)
 * is known; without it nothing could tell whether the parts belong together. Throws ModelError 502 when the checksum of
 * the result differs.
 */
export async function download(
  connection: Connection,
  path: readonly string[],
  file: string,
  sum: string | undefined,
  options: TransferOptions,
): Promise<Downloaded> {
  const { rename, rm } = await import('node:fs/promises');
  const there = await digest(file);
  if (there !== undefined && there.sha256 === sum) return { ...there, unchanged: true };
  const part = `${file}.part`;
  if (sum === undefined) await rm(part, { force: true });
  const resumed = await fetchPart(connection, path, part, options, sum !== undefined);
  let got = await digest(part);
  if (got?.sha256 !== sum && sum !== undefined && resumed) {
    // The part belongs to another version of the file.
    await rm(part, { force: true });
    await fetchPart(connection, path, part, options, true);
    got = await digest(part);
  }
  if (got === undefined || (sum !== undefined && got.sha256 !== sum)) {
    await rm(part, { force: true });
    throw new ModelError(502, `${path.join('/')}: checksum is ${got?.sha256}, should be ${sum}`, {
      type: 'CLIENT_ERROR',
    });
  }
  await rename(part, file);
  return { ...got, unchanged: false };
}

/** Completes `part`. Returns whether a part existed before. */
async function fetchPart(
  connection: Connection,
  path: readonly string[],
  part: string,
  { onProgress, ...call }: TransferOptions,
  resume: boolean,
): Promise<boolean> {
  const [{ createWriteStream }, { stat }, { pipeline }] = await Promise.all([
    import('node:fs'),
    import('node:fs/promises'),
    import('node:stream/promises'),
  ]);
  const sizeOf = () =>
    stat(part).then(
      ({ size }) => size,
      () => 0,
    );
  const { retryDelays, endpoint } = connection.settings;
  const before = await sizeOf();
  for (let failures = 0; ; failures++) {
    const have = resume ? await sizeOf() : 0;
    const request = {
      ...call,
      path,
      headers: have > 0 ? { range: `bytes=${have}-` } : undefined,
      idleTimeout: IDLE_MS,
    };
    const opened = await connection.open(request).catch((error: unknown) => {
      // Range Not Satisfiable: the part is complete or too long. The checksum decides.
      if (error instanceof ModelError && error.code === 416) return undefined;
      throw error;
    });
    if (opened === undefined) return true;
    const { status, body, length } = opened;
    const from = status === 206 ? have : 0;
    const total = length === undefined ? undefined : from + length;
    let transferred = from;
    body.on('data', (chunk: Buffer) => {
      transferred += chunk.length;
      onProgress?.({ transferred, total });
    });
    try {
      await pipeline(body, createWriteStream(part, { flags: from > 0 ? 'a' : 'w' }), { signal: call.signal });
      return before > 0;
    } catch (error) {
      call.signal?.throwIfAborted();
      const delay = retryDelays[failures];
      if (delay === undefined || call.failFast || !isTransport(error)) {
        throw isTransport(error)
          ? transportError(request, endpoint, error, connection.session.secrets())
          : error;
      }
      await pause(delay, call.signal);
    }
  }
}

/** Whether the connection failed, not the local disk. */
function isTransport(error: unknown): boolean {
  return error instanceof Error && ['ReadError', 'RequestError', 'TimeoutError'].includes(error.name);
}

/** Size and SHA-256 of a file; undefined when it does not exist. */
async function digest(file: string): Promise<{ size: number; sha256: string } | undefined> {
  const [{ createHash }, { createReadStream }] = await Promise.all([
    import('node:crypto'),
    import('node:fs'),
  ]);
  const hash = createHash('sha256');
  let size = 0;
  try {
    for await (const chunk of createReadStream(file)) {
      hash.update(chunk);
      size += chunk.length;
    }
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
    throw error;
  }
  return { size, sha256: hash.digest('hex') };
}
