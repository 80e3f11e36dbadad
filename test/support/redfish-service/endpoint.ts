import type { IncomingHttpHeaders } from 'node:http';
import type { Message } from './messages.ts';
import type { Json, Rules } from './rules.ts';

/** A request as it came in. */
export interface Received {
  method: string;
  uri: string;
  headers: IncomingHttpHeaders;
  text: string;
  json: unknown;
  bytes: Buffer;
  /** Of the client's end of the connection. */
  port: number | undefined;
}

/** What came of a request. */
export interface Reply {
  status: number;
  body?: unknown;
  headers?: Readonly<Record<string, string>>;
}

/** What a URI can do. A method that is missing is answered with 405. */
export interface Endpoint {
  /** The resource, without @odata.id. */
  read?: () => Json;
  /** An answer in place of the resource; undefined: none. */
  reply?: () => Reply | undefined;
  /** Takes what is no JSON. */
  upload?: (request: Received) => Reply;
  change?: {
    rules: () => Rules;
    /** Gets the properties that passed the rules. */
    apply: (values: Json) => void;
    /** What came of that, where it is something else than 204. */
    reply?: () => Reply | undefined;
  };
  /** An action, called by POST. */
  action?: {
    name: string;
    /** A POST without a body will do; without it, one is refused with this status. */
    takesNoBody?: boolean;
    refusalWithoutBody?: number | undefined;
    rules: () => Rules;
    /** What comes of parameters that break the rules; 400 with what is wrong unless given. */
    refusal?: (problems: Message[]) => Reply;
    /** Gets the parameters, which passed the rules; a Reply is an answer other than 204. */
    apply: (values: Json) => Reply | undefined;
  };
}

/** All URIs of the service but those of sessions and tasks. */
export type Endpoints = Map<string, Endpoint>;

export const ROOT = '/redfish/v1';

export function link(uri: string): { '@odata.id': string } {
  return { '@odata.id': uri };
}

/** A resource collection (DSP0266, Resource collections). */
export function collection(type: string, members: readonly string[]): Endpoint {
  return {
    read: () => ({
      '@odata.type': `#${type}Collection.${type}Collection`,
      Name: `${type} Collection`,
      'Members@odata.count': members.length,
      Members: members.map(link),
    }),
  };
}
