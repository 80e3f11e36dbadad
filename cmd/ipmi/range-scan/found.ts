import type { Identity } from '../../../lib/ipmi/index.ts';
import type { Credential } from './settings.ts';

/** A way to talk to a BMC that answered. */
export interface Protocol {
  name: 'ipmi' | 'redfish';
  /** UDP for IPMI, TCP for Redfish. */
  port: number;
  /** Of the protocol; empty when the BMC does not say. */
  versions: string[];
}

/** A BMC that a scan found: one entry of the action's result. What is not known of it is not there. */
export interface FoundBmc extends Identity {
  address: string;
  /** That of IPMI, or else of Redfish. */
  port: number;
  protocols: Protocol[];
  /** The user name of the credential that fits. */
  username?: string;
  /** Why the BMC's identity is missing, when credentials were given. */
  problem?: string;
  /** With `ipmi/discover/create-machines`. */
  machine?: MachineReport;
}

/** A BMC with what must not be in the result. */
export interface Discovered {
  bmc: FoundBmc;
  /** The one that fits. */
  credential?: Credential;
}

export interface MachineReport {
  uuid?: string;
  name?: string;
  /** False when it was there before. */
  created: boolean;
  /** Why it could not be made. */
  problem?: string;
}

export function protocolOf({ protocols }: FoundBmc, name: Protocol['name']): Protocol | undefined {
  return protocols.find((protocol) => protocol.name === name);
}

/** One line for people: `10.0.0.7: ipmi 1.5, 2.0 on port 623; redfish 1.6.0 on port 443; Dell PowerEdge R640`. */
export function described(bmc: FoundBmc): string {
  const spoken = bmc.protocols.map(({ name, port, versions }) =>
    `${name} ${versions.join(', ')}`.trim().concat(` on port ${port}`),
  );
  const { vendor, product, uuid } = bmc;
  const identity = [vendor, product, uuid].filter((part) => part !== undefined).join(' ');
  return `${bmc.address}: ${[...spoken, identity].filter(Boolean).join('; ')}`;
}
