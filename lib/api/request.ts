import type { Readable, Writable } from 'node:stream';
import type { ApiPath } from './address.ts';

export type QueryValue = string | number | boolean | undefined;

/** One request to the API. */
export interface Request {
  /** Default GET. */
  method?: 'GET' | 'HEAD' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  /** Relative to `/api/v3`. */
  path: ApiPath;
  /** Query parameters; undefined values are left out. Pairs allow a name to be repeated. */
  query?: Readonly<Record<string, QueryValue>> | Iterable<readonly [string, string]>;
  headers?: Readonly<Record<string, string>>;
  /** A value to send as JSON. */
  json?: unknown;
  /**
   * A body to send unchanged, as `application/octet-stream` unless `headers` set another type. A stream can be sent
   * only once; with a function that makes the stream, the request can be repeated.
   */
  body?: string | Uint8Array | Readable | (() => Readable);
  /** The answer has status 304 when the object still has this ETag (`If-None-Match`). */
  etag?: string;
  /** With `etag`: how many seconds the endpoint may delay the answer until the object changes. */
  wait?: number;
  trace?: string;
  traceToken?: string;
  /** Do not repeat the request after a transport failure. */
  failFast?: boolean;
  /** Repeat the request even when it may have been carried out. */
  repeatable?: boolean;
  /** Address this managed endpoint; '' for none, overriding the client's option. */
  urlProxy?: string;
  /** Time limit for one try in ms; default: the client's. */
  timeout?: number;
  /** For transfers, instead of `timeout`: how long in ms no bytes may arrive. */
  idleTimeout?: number;
  /**
   * Where to write the bytes of the answer, whatever its status; ended afterwards. The answer then has no body. When
   * the connection breaks, the bytes until then have been written.
   */
  target?: Writable;
  /** Called with the progress of sending the body. */
  onUpload?: OnProgress;
  signal?: AbortSignal;
}

/** Options that most calls accept. */
export type CallOptions = Pick<
  Request,
  'signal' | 'timeout' | 'trace' | 'traceToken' | 'failFast' | 'urlProxy'
>;

/** Progress of a transfer in bytes; `total` when known. */
export type OnProgress = (progress: { transferred: number; total?: number }) => void;

export interface Answer {
  status: number;
  headers: Readonly<Record<string, string | string[] | undefined>>;
  etag?: string;
  /** The parsed body; undefined for an answer without one, as with HEAD or status 304. */
  body: unknown;
}

/** An answer whose body the caller reads. */
export interface Opened {
  status: number;
  headers: Answer['headers'];
  /** Length of the body in bytes, when the endpoint sends it. */
  length?: number;
  body: Readable;
}

/** Options for transfers of whole files. */
export interface TransferOptions extends CallOptions {
  onProgress?: OnProgress;
}
