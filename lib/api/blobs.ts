import type { Readable } from 'node:stream';
import type { Connection } from './connection.ts';
import { type Downloaded, download } from './download.ts';
import { listOf, objectOf } from './expect.ts';
import type { CallOptions, TransferOptions } from './request.ts';
import { bodyFrom, type Source, TRANSFER_IDLE_MS } from './source.ts';

/** What the endpoint returns for an upload. */
export interface BlobInfo {
  Path: string;
  /** Bytes. */
  Size: number;
}

/** The files at the endpoint below `files` or `isos`. */
export class Blobs {
  readonly #connection: Connection;
  readonly #kind: string;

  constructor(connection: Connection, kind: 'files' | 'isos') {
    this.#connection = connection;
    this.#kind = kind;
  }

  /** Names in a folder; names of folders end with a slash. With `recurse`: the paths of all files below it. */
  async list(folder = '/', options: CallOptions & { recurse?: boolean } = {}): Promise<string[]> {
    const { recurse, ...call } = options;
    const query = { path: folder, all: recurse || undefined };
    const { body } = await this.#connection.send({ ...call, path: [this.#kind], query });
    return listOf<string>(body, [this.#kind]);
  }

  /** SHA-256 of a file in hex; undefined when the endpoint does not send it. Throws ModelError 404. */
  async sum(path: string, options: CallOptions = {}): Promise<string | undefined> {
    const { headers } = await this.#connection.send({ ...options, method: 'HEAD', path: this.#path(path) });
    return sumOf(headers);
  }

  /** The bytes of a file as they arrive. Throws ModelError 404; the stream fails when the connection does. */
  async read(path: string, options: CallOptions = {}): Promise<Readable> {
    const opened = await this.#connection.open({
      ...options,
      path: this.#path(path),
      idleTimeout: TRANSFER_IDLE_MS,
    });
    return opened.body;
  }

  /**
   * Downloads a file to the local path `file`. If that has the endpoint's checksum already, nothing is transferred; an
   * interrupted download (`file.part`) is resumed.
   */
  async download(path: string, file: string, options: TransferOptions = {}): Promise<Downloaded> {
    return download(this.#connection, this.#path(path), file, await this.sum(path, options), options);
  }

  /** Uploads a file. With `explode` the endpoint unpacks the archive into the folder that it is uploaded to. */
  async upload(
    path: string,
    source: Source,
    { explode = false, onProgress, ...call }: TransferOptions & { explode?: boolean } = {},
  ): Promise<BlobInfo> {
    const { body } = await this.#connection.send({
      ...call,
      ...(await bodyFrom(source)),
      method: 'POST',
      path: this.#path(path),
      query: { explode: explode || undefined },
      onUpload: onProgress,
      idleTimeout: TRANSFER_IDLE_MS,
    });
    return objectOf<BlobInfo>(body, this.#path(path));
  }

  async remove(path: string, options: CallOptions = {}): Promise<void> {
    await this.#connection.send({ ...options, method: 'DELETE', path: this.#path(path) });
  }

  #path(path: string): string[] {
    return [this.#kind, path.replace(/^\/+/, '')];
  }
}

/** The checksum in `X-DRP-SHA256SUM`, or in an ETag of the form `"SHA256:..."`. */
function sumOf(headers: Readonly<Record<string, string | string[] | undefined>>): string | undefined {
  const own = headers['x-drp-sha256sum'];
  if (typeof own === 'string' && own !== '') return own.toLowerCase();
  const etag = headers.etag;
  const [, inTag] = typeof etag === 'string' ? (/SHA256:([0-9a-f]{64})/i.exec(etag) ?? []) : [];
  return inTag?.toLowerCase();
}
