import { isResource, type Resource, textAt } from '../https/index.ts';
import { own, say } from '../models/index.ts';
import type { Connection } from './connection.ts';
import { exchange } from './exchange.ts';
import { bmcError, failure } from './failure.ts';
import { type Patience, untilReady } from './retry.ts';

/** Path of the root, the only resource that needs no credentials (DSP0266, Service root request). */
export const ROOT = '/redfish/v1/';

/**
 * The service root. When it needs a login, a minimal root with only the path of the systems. A BMC that does not answer
 * is not waited for. Throws ModelError.
 */
export async function serviceRoot(
  connection: Connection,
  { signal, patience, pollMs }: { signal: AbortSignal; patience: Patience; pollMs: number },
): Promise<Resource> {
  const { bmc } = connection;
  const request = { method: 'GET', uri: ROOT } as const;
  const { incoming, tried } = await untilReady(() => exchange(connection, request, signal), {
    effect: 'read',
    patience,
    pollMs,
    signal,
    isFinal: ({ status, body }) => status < 300 || isRoot(body),
    isFirst: true,
  });
  if (isRoot(incoming.body)) return incoming.body;
  // Some require credentials for the root, too. Other links are optional or read after the login.
  if (incoming.status === 401) return { Systems: { '@odata.id': `${ROOT}Systems` } };
  const lines = tried === undefined ? [] : [own(tried)];
  if (incoming.status >= 300) throw failure(bmc, request, incoming, ...lines);
  throw bmcError(bmc, 502, [say`GET ${own(ROOT)}: the answer is not a Redfish service root`, ...lines]);
}

function isRoot(body: unknown): body is Resource {
  return isResource(body) && (textAt(body, 'RedfishVersion') !== undefined || isResource(body.Systems));
}
