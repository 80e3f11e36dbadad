import {
  type Identity,
  type Ipmitool,
  identity,
  identityOf,
  type Lanplus,
  Unsuitable,
} from '../../../lib/ipmi/index.ts';
import { ModelError } from '../../../lib/models/index.ts';
import { type Discovered, type FoundBmc, protocolOf } from './found.ts';
import type { Sighting } from './probe.ts';
import { redfishLogin } from './redfish-login.ts';
import { onRedfish } from './redfish-root.ts';
import type { Credential } from './settings.ts';
import { usableUuid } from './uuid.ts';

/** IPMI clients: the native one, and ipmitool for BMCs that need it. */
export interface IpmiClients {
  native: Lanplus;
  ipmitool: Ipmitool;
}

/** One login. Returns the BMC's identity; undefined when it refuses the credential. Throws ModelError. */
type Attempt = (credential: Credential) => Promise<Identity | undefined>;

/**
 * Logs in with the first credential that the BMC accepts. Uses one protocol for all, since BMCs have the same users for
 * each: Redfish if available, because it tells more. Throws the signal's reason.
 */
export async function logIn(
  { bmc, root }: Sighting,
  credentials: readonly Credential[],
  clients: IpmiClients,
  signal: AbortSignal,
): Promise<Discovered> {
  const redfish = protocolOf(bmc, 'redfish');
  if (redfish === undefined || root === undefined) {
    return firstFit(bmc, credentials, (credential) => ipmiLogin(clients, bmc, credential, signal), signal);
  }
  return onRedfish(bmc.address, redfish.port, (connection) =>
    firstFit(
      bmc,
      credentials,
      (credential) => redfishLogin(connection, root.resource, credential, signal),
      signal,
    ),
  );
}

/**
 * Tries the credentials in order. Stops after any failure other than a plain refusal: the BMC may be about to lock the
 * account.
 */
async function firstFit(
  bmc: FoundBmc,
  credentials: readonly Credential[],
  attempt: Attempt,
  signal: AbortSignal,
): Promise<Discovered> {
  for (const [index, credential] of credentials.entries()) {
    try {
      const found = await attempt(credential);
      if (found === undefined) continue;
      const { uuid, ...identity } = found;
      const { username } = credential;
      return { bmc: { ...bmc, ...identity, ...usableUuid(uuid), username }, credential };
    } catch (error) {
      signal.throwIfAborted();
      if (!(error instanceof ModelError)) throw error;
      const tried = `${index + 1} of ${credentials.length} credentials tried`;
      return { bmc: { ...bmc, problem: `${tried}: ${error.messages.join('; ')}` } };
    }
  }
  return { bmc: { ...bmc, problem: `none of ${credentials.length} credentials fits` } };
}

async function ipmiLogin(
  { native, ipmitool }: IpmiClients,
  { address, port }: FoundBmc,
  credential: Credential,
  signal: AbortSignal,
): Promise<Identity | undefined> {
  // Operator rights suffice for all actions. Asking for administrator first would send each password twice.
  const bmc = { address, port, ...credential, privilege: 'operator' } as const;
  try {
    return await native.withBmc(bmc, signal, identity).catch(async (error: unknown) => {
      // A credential refused with 403 would be refused by way of ipmitool as well.
      const isForTool = error instanceof Unsuitable && error.code !== 403 && (await ipmitool.isInstalled());
      if (!isForTool) throw error;
      return ipmitool.withBmc(bmc, signal, identityOf, { interface: error.interface });
    });
  } catch (error) {
    // 403: refused, or without the privilege that actions need. 400: longer than IPMI allows, so it was not sent.
    if (error instanceof ModelError && (error.code === 403 || error.code === 400)) return undefined;
    throw error;
  }
}
