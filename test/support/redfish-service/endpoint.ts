import type { Json, Rules } from './rules.ts';

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
  change?: {
    rules: () => Rules;
    /** Gets the properties that passed the rules. */
    apply: (values: Json) => void;
  };
  /** An action, called by POST. */
  action?: {
    name: string;
    rules: () => Rules;
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
