import type { Identity } from '../../../lib/ipmi/index.ts';
import type { Credential } from './settings.ts';

/** A protocol by which a BMC answered. */
export interface Protocol {
  name: 'ipmi' | 'redfish';
  /** UDP for IPMI, TCP for Redfish. */
  port: number;
  /** Protocol versions; empty when the BMC does not tell them. */
  versions: string[];
}

/** A BMC that a scan found: one entry of the action's result. Unknown fields are absent. */
export interface FoundBmc extends Identity {
  address: string;
  /** The IPMI port, or else the Redfish port. */
  port: number;
  protocols: Protocol[];
  /** The user name of the credential that was accepted. */
  username?: string;
  /** Why the BMC's identity is missing although credentials were given. */
  problem?: string;
  /** Set with `ipmi/discover/create-machines`. */
  machine?: MachineReport;
}

/** A BMC, with values that must not be in the result. */
export interface Discovered {
  bmc: FoundBmc;
  /** The accepted credential. */
  credential?: Credential;
}

export interface MachineReport {
  uuid?: string;
  name?: string;
  /** False when the machine existed before. */
  created: boolean;
  /** Why the machine could not be created. */
  problem?: string;
}

export function protocolOf({ protocols }: FoundBmc, name: Protocol['name']): Protocol | undefined {
  return protocols.find((protocol) => protocol.name === name);
}

/** One line for the log: `10.0.0.7: ipmi 1.5, 2.0 on port 623; redfish 1.6.0 on port 443; Dell PowerEdge R640`. */
export function described(bmc: FoundBmc): string {
  const spoken = bmc.protocols.map(({ name, port, versions }) =>
    `${name} ${versions.join(', ')}`.trim().concat(` on port ${port}`),
  );
  const { vendor, product, uuid } = bmc;
  const identity = [vendor, product, uuid].filter((part) => part !== undefined).join(' ');
  return `${bmc.address}: ${[...spoken, identity].filter(Boolean).join('; ')}`;
}
