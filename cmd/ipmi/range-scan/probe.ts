import { connect } from 'node:net';
import { ipmiVersions, presencePing } from '../../../lib/ipmi/index.ts';
import type { FoundBmc, Protocol } from './found.ts';
import { onRedfish, type RedfishRoot, redfishRoot } from './redfish-root.ts';

/** Packets may be lost, and BMCs are slow: an address is silent after two tries. */
const PING = { tries: 2, waitMs: 1_000 };
const CONNECT_MS = 2_000;

/** What answers at an address without credentials. */
export interface Sighting {
  bmc: FoundBmc;
  /** Set when a Redfish service answers. */
  root?: RedfishRoot;
}

/**
 * Probes an address for BMCs. An IPMI port and a Redfish service together count as one BMC; several IPMI ports as
 * several BMCs, as behind a gateway. Throws the signal's reason.
 */
export async function probe(
  address: string,
  { ipmiPorts, redfishPort }: { ipmiPorts: readonly number[]; redfishPort: number },
  signal: AbortSignal,
): Promise<Sighting[]> {
  const [redfish, ...answers] = await Promise.all([
    probeRedfish(address, redfishPort, signal),
    ...ipmiPorts.map((port) => probeIpmi(address, port, signal)),
  ]);
  const ipmi = answers.filter((answer) => answer !== undefined);
  const [only, ...others] = ipmi;
  if (redfish === undefined) return ipmi.map((bmc) => ({ bmc }));
  const { root, protocol } = redfish;
  const { vendor, product } = root;
  const told = { ...(vendor && { vendor }), ...(product && { product }) };
  if (only !== undefined && others.length === 0) {
    return [{ bmc: { ...only, ...told, protocols: [...only.protocols, protocol] }, root }];
  }
  const alone = { address, port: redfishPort, protocols: [protocol], ...told };
  return [...ipmi.map((bmc) => ({ bmc })), { bmc: alone, root }];
}

async function probeIpmi(address: string, port: number, signal: AbortSignal): Promise<FoundBmc | undefined> {
  const target = { address, port };
  const presence = await presencePing(target, { ...PING, signal });
  if (presence?.ipmi !== true) return undefined;
  const versions = await ipmiVersions(target, { ...PING, signal });
  return { address, port, protocols: [{ name: 'ipmi', port, versions }] };
}

async function probeRedfish(
  address: string,
  port: number,
  signal: AbortSignal,
): Promise<{ protocol: Protocol; root: RedfishRoot } | undefined> {
  // Most addresses are unused. A short TCP probe keeps the longer timeout of a TLS handshake from being spent on those.
  if (!(await isOpen(address, port, signal))) return undefined;
  const root = await onRedfish(address, port, (line) => redfishRoot(line, signal));
  if (root === undefined) return undefined;
  const versions = root.version === undefined ? [] : [root.version];
  return { root, protocol: { name: 'redfish', port, versions } };
}

/**
 * Whether a TCP port accepts connections. Throws the signal's reason, and errors other than those of the connection.
 */
async function isOpen(address: string, port: number, signal: AbortSignal): Promise<boolean> {
  signal.throwIfAborted();
  const { promise, resolve, reject } = Promise.withResolvers<boolean>();
  const onAbort = () => reject(signal.reason);
  const socket = connect({ host: address, port });
  socket.setTimeout(CONNECT_MS, () => resolve(false));
  socket.on('connect', () => resolve(true));
  socket.on('error', (error: NodeJS.ErrnoException) =>
    error.code === 'EMFILE' || error.code === 'ENFILE' ? reject(error) : resolve(false),
  );
  signal.addEventListener('abort', onAbort);
  try {
    return await promise;
  } finally {
    signal.removeEventListener('abort', onAbort);
    socket.destroy();
  }
}
