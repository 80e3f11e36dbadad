import type { Readable, Writable } from 'node:stream';
import type { ApiPath } from './address.ts';

export type QueryValue = string | number | boolean | undefined;

/** One request to the API. */
export interface Request {
  /** Default GET. */
  method?: 'GET' | 'HEAD' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  /** Below `/api/v3`. */
  path: ApiPath;
  /** Query parameters; undefined ones are left out. Pairs, where one name comes several times. */
  query?: Readonly<Record<string, QueryValue>> | Iterable<readonly [string, string]>;
  headers?: Readonly<Record<string, string>>;
  /** A body to send as JSON. */
  json?: unknown;
  /**
   * A body to send as it is, as `application/octet-stream` unless `headers` say otherwise. A stream is sent once;
   * a function that makes one lets the request be repeated.
   */
  body?: string | Uint8Array | Readable | (() => Readable);
  /** Answer with status 304 when the object still has this ETag (`If-None-Match`). */
  etag?: string;
  /** With `etag`: seconds for which the endpoint may hold the answer back until the object changes. */
  wait?: number;
  trace?: string;
  traceToken?: string;
  /** Do not repeat the request when it fails in transport. */
  failFast?: boolean;
  /** Repeat the request even when it may have been carried out already. */
  repeatable?: boolean;
  /** Address the managed endpoint of this name; '' for none, whatever the client was told. */
  urlProxy?: string;
  /** Milliseconds for one try, instead of the client's. */
  timeout?: number;
  /** For transfers, instead of `timeout`: milliseconds that the connection may be silent. */
  idleTimeout?: number;
  /**
   * Where the bytes of the answer go, whatever they are; it is ended after them. The answer then has no body. When the
   * connection breaks in the middle, what came until then has been written.
   */
  target?: Writable;
  /** Told how much of the body has been sent. */
  onUpload?: OnProgress;
  signal?: AbortSignal;
}

/** What most calls take beside their own arguments. */
export type CallOptions = Pick<
  Request,
  'signal' | 'timeout' | 'trace' | 'traceToken' | 'failFast' | 'urlProxy'
>;

/** How far a transfer is, in bytes; `total` when it is known. */
export type OnProgress = (progress: { transferred: number; total?: number }) => void;

export interface Answer {
  status: number;
  headers: Readonly<Record<string, string | string[] | undefined>>;
  etag?: string;
  /** The body, parsed; undefined for an answer without a body, as with HEAD or status 304. */
  body: unknown;
}

/** An answer whose body is read by the caller. */
export interface Opened {
  status: number;
  headers: Answer['headers'];
  /** Bytes of the body, when the endpoint said. */
  length?: number;
  body: Readable;
}

/** Options of a file that is read or written whole. */
export interface TransferOptions extends CallOptions {
  onProgress?: OnProgress;
}
