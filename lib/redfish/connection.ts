import type { IncomingHttpHeaders } from 'node:http';
import type { Agent } from 'node:https';
import type { Limits, Trust } from '../https/index.ts';
import type { Secrets } from '../models/index.ts';

/** Address, credentials and trust settings of a BMC's Redfish service. */
export interface Bmc extends Trust {
  /** `ADDRESS:PORT`, for messages. */
  name: string;
  /** `https://HOST:PORT`. */
  origin: string;
  username: string;
  password: string;
  /** Values that must not be shown. */
  secrets: Secrets;
}

/** A BMC, with the HTTP agent for its connections. */
export interface Connection {
  bmc: Bmc;
  agent: Agent;
  limits: Limits;
}

export interface Outgoing {
  method: 'GET' | 'POST' | 'PATCH' | 'DELETE';
  /** Path and query on the BMC. */
  uri: string;
  headers?: Readonly<Record<string, string>>;
  /** Sent as JSON. */
  body?: unknown;
  /** Data sent instead of a body. */
  stream?: OutgoingStream;
}

/** Data that are too large for memory. */
export interface OutgoingStream {
  /** Content-Type. */
  type: string;
  /** Bytes. */
  length: number;
  /** Returns the data from the start at each call. */
  open(): AsyncIterable<Uint8Array>;
}

/** An answer of the BMC with any status. */
export interface Incoming {
  status: number;
  headers: IncomingHttpHeaders;
  /** Parsed JSON; undefined for an empty body and for other formats. */
  body: unknown;
  /** Length of the body after decompression. */
  bytes: number;
}

/** Headers that authenticate a request: a session's token, or basic authentication. */
export type Credentials = Readonly<Record<string, string>>;

/** Receives messages that do not end an action. */
export interface Log {
  info(message: string): void;
  warn(message: string): void;
}

/** Credentials in the form of an Authorization header of scheme Basic. */
export function basicToken(username: string, password: string): string {
  return Buffer.from(`${username}:${password}`).toString('base64');
}
