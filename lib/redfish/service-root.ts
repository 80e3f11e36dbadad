import { isResource, type Resource, textAt } from '../https/index.ts';
import { refusal } from '../models/index.ts';
import type { Connection } from './connection.ts';
import { exchange } from './exchange.ts';
import { failure } from './failure.ts';

/** Under it is everything, and only it needs no credentials (DSP0266, Service root request). */
const ROOT = '/redfish/v1/';

/**
 * The root of the service. Where it is not shown without a login, one that says no more than where the systems are.
 * Throws ModelError.
 */
export async function serviceRoot(connection: Connection, signal: AbortSignal): Promise<Resource> {
  const request = { method: 'GET', uri: ROOT } as const;
  const incoming = await exchange(connection, request, signal);
  if (isRoot(incoming.body)) return incoming.body;
  // Some want credentials even for it; the rest can be found without it, if it must.
  if (incoming.status === 401) return { Systems: { '@odata.id': `${ROOT}Systems` } };
  if (incoming.status >= 300) throw failure(connection.bmc, request, incoming);
  throw refusal(502, `BMC ${connection.bmc.name}: GET ${ROOT}: the answer is no Redfish service root`);
}

function isRoot(body: unknown): body is Resource {
  return isResource(body) && (textAt(body, 'RedfishVersion') !== undefined || isResource(body.Systems));
}
