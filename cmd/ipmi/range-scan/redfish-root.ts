import { at, isResource, makeAgent, type Resource, textAt } from '../../../lib/https/index.ts';
import { hostAndPort, ModelError, Secrets } from '../../../lib/models/index.ts';
import { type Connection, exchange, type Incoming } from '../../../lib/redfish/index.ts';

/** A service root, with the fields that a scan needs. */
export interface RedfishRoot {
  resource: Resource;
  version?: string;
  vendor?: string;
  product?: string;
}

/** The same resource (DSP0266, Service root request), but some services know only one form. */
const ROOTS = ['/redfish/v1/', '/redfish/v1'];
/** Long, since BMCs are slow and this one has accepted a connection. */
const LIMITS = { connectMs: 5_000, handshakeMs: 12_000, requestMs: 15_000 };

/** Connects to the service at an address while `work` runs. */
export async function onRedfish<T>(
  address: string,
  port: number,
  work: (connection: Connection) => Promise<T>,
): Promise<T> {
  const agent = await makeAgent({ ca: undefined, oldTls: false }, 1);
  const name = hostAndPort(address, port);
  const bmc = {
    name,
    origin: `https://${name}`,
    username: '',
    password: '',
    ca: undefined,
    oldTls: false,
    secrets: new Secrets([]),
  };
  try {
    return await work({ bmc, agent, limits: LIMITS });
  } finally {
    agent.destroy();
  }
}

/** The service root; undefined when the answer is not from a Redfish service. Throws the signal's reason. */
export async function redfishRoot(
  connection: Connection,
  signal: AbortSignal,
): Promise<RedfishRoot | undefined> {
  for (const uri of ROOTS) {
    try {
      const incoming = await exchange(connection, { method: 'GET', uri }, signal);
      if (incoming.status !== 404) return readRoot(incoming);
    } catch (error) {
      signal.throwIfAborted();
      if (error instanceof ModelError) return undefined;
      throw error;
    }
  }
  return undefined;
}

function readRoot({ status, body, headers }: Incoming): RedfishRoot | undefined {
  // Some services need credentials even for the root. All Redfish answers have this header (DSP0266, Response headers).
  if (status === 401 && headers['odata-version'] !== undefined) return { resource: {} };
  if (status !== 200 || !isResource(body)) return undefined;
  const version = textAt(body, 'RedfishVersion');
  const oem = at(body, 'Oem');
  if (version === undefined && !textAt(body, '@odata.type')?.startsWith('#ServiceRoot.')) return undefined;
  return {
    resource: body,
    version,
    // Properties of ServiceRoot 1.5 and later. For older services the key in Oem tells the vendor.
    vendor: textAt(body, 'Vendor') ?? (isResource(oem) ? Object.keys(oem)[0] : undefined),
    product: textAt(body, 'Product'),
  };
}
