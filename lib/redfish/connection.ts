import type { IncomingHttpHeaders } from 'node:http';
import type { Agent } from 'node:https';
import type { Limits, Trust } from '../https/index.ts';
import type { Secrets } from '../models/index.ts';

/** Where a BMC's Redfish service is, who asks, and whom to trust. */
export interface Bmc extends Trust {
  /** `ADDRESS:PORT`, for people. */
  name: string;
  /** `https://HOST:PORT`. */
  origin: string;
  username: string;
  password: string;
  /** What must not be shown to anybody. */
  secrets: Secrets;
}

/** A BMC, and the agent that holds the connections to it. */
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
  /** Sent in place of a body. */
  stream?: OutgoingStream;
}

/** Bytes that are too many for memory. */
export interface OutgoingStream {
  /** Content-Type. */
  type: string;
  /** Bytes. */
  length: number;
  /** From the start, each time that it is called. */
  open(): AsyncIterable<Uint8Array>;
}

/** An answer of the BMC, whatever its status. */
export interface Incoming {
  status: number;
  headers: IncomingHttpHeaders;
  /** Parsed JSON; undefined for an empty body, and for what is not JSON. */
  body: unknown;
  /** Of the body, unpacked. */
  bytes: number;
}

/** What each request of an action carries to say who asks: a session's token, or basic authentication. */
export type Credentials = Readonly<Record<string, string>>;

/** Where the client tells of what does not end an action. */
export interface Log {
  info(message: string): void;
  warn(message: string): void;
}

/** The credentials as they stand in an Authorization header of scheme Basic. */
export function basicToken(username: string, password: string): string {
  return Buffer.from(`${username}:${password}`).toString('base64');
}
