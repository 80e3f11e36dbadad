import { isIPv6 } from 'node:net';
import { isOddIPv4, refusal } from '../models/index.ts';

/** Address and credentials of a BMC. */
export interface Bmc {
  /** IPv4 or IPv6 address (brackets are removed), or host name. */
  address: string;
  /** UDP port; 0 and undefined mean 623, the port of RMCP. */
  port?: number;
  username: string;
  password: string;
  /** IPMI 2.0 cipher suite. 0 and undefined: 17, or 3 if the BMC does not offer 17. */
  cipherSuite?: number;
  /** K_g, a key that some BMCs require in addition to the password; empty for none. At most 20 bytes. */
  bmcKey?: Uint8Array;
  /** Privilege of the session. Undefined: administrator, or operator if the BMC refuses that. */
  privilege?: Privilege;
}

/** Privilege levels of sessions (IPMI 2.0, section 6.8). */
export type Privilege = 'administrator' | 'operator' | 'user';

/** A BMC whose values have been checked. */
export type CheckedBmc = Required<Omit<Bmc, 'privilege'>> & Pick<Bmc, 'privilege'>;

/** The default UDP port of IPMI. */
export const RMCP_PORT = 623;

/** Limits of IPMI 2.0 (sections 22.28 and 22.30). ipmitool exits with code 1 beyond them. */
const MAX_USERNAME_BYTES = 16;
const MAX_PASSWORD_BYTES = 20;
const MAX_KEY_BYTES = 20;

/**
 * `bmc` with defaults, safe to pass to ipmitool. Throws ModelError 400 that names the param when a value is invalid or
 * could be taken for an option.
 */
export function checkBmc(bmc: Bmc): CheckedBmc {
  const { username, password, port = 0, cipherSuite = 0, bmcKey = new Uint8Array() } = bmc;
  const address = bmc.address.replace(/^\[(.*)\]$/, '$1');
  if (address === '') throw refusal(400, 'ipmi/address: is empty');
  if (address.startsWith('-')) throw refusal(400, 'ipmi/address: begins with "-"');
  if (/[\s\p{Cc}]/u.test(address)) throw refusal(400, 'ipmi/address: holds a space or a control character');
  if (isOddIPv4(address) || (address.includes(':') && !isIPv6(address))) {
    throw refusal(400, `ipmi/address: ${JSON.stringify(address)} is neither an address nor a host name`);
  }
  if (username.startsWith('-')) throw refusal(400, 'ipmi/username: begins with "-"');
  if (/\p{Cc}/u.test(username)) throw refusal(400, 'ipmi/username: holds a control character');
  if (Buffer.byteLength(username) > MAX_USERNAME_BYTES) {
    throw refusal(
      400,
      `ipmi/username: is longer than ${MAX_USERNAME_BYTES} bytes, the most that IPMI allows`,
    );
  }
  if (/[\0\r\n]/.test(password)) throw refusal(400, 'ipmi/password: holds a NUL or a line break');
  if (Buffer.byteLength(password) > MAX_PASSWORD_BYTES) {
    throw refusal(
      400,
      `ipmi/password: is longer than ${MAX_PASSWORD_BYTES} bytes, the most that IPMI allows`,
    );
  }
  if (!Number.isInteger(port) || port < 0 || port > 65_535) {
    throw refusal(400, `ipmi/port-ipmitool: ${port} is not a port`);
  }
  if (!Number.isInteger(cipherSuite) || cipherSuite < 0 || cipherSuite > 17) {
    throw refusal(400, `ipmi/cipher-suite: ${cipherSuite} is not a cipher suite from 0 (choose) to 17`);
  }
  if (bmcKey.length > MAX_KEY_BYTES) {
    throw refusal(400, `ipmi/kg-key: is longer than ${MAX_KEY_BYTES} bytes, the most that IPMI allows`);
  }
  return { address, port, username, password, cipherSuite, bmcKey, privilege: bmc.privilege };
}

/**
 * Parses K_g as in `ipmi/kg-key`: text, or `0x` and hexadecimal digits; undefined when it is empty. Throws ModelError
 * 400.
 */
export function readBmcKey(text: string): Uint8Array | undefined {
  if (text === '') return undefined;
  const hex = /^0x([0-9a-f]*)$/i.exec(text)?.[1];
  if (hex === undefined) return Buffer.from(text);
  if (hex.length % 2 === 0) return Buffer.from(hex, 'hex');
  throw refusal(400, 'ipmi/kg-key: has an odd number of hexadecimal digits');
}

/** `ADDRESS:PORT`, the same for all ways to write the port. */
export function bmcName({ address, port }: Pick<Bmc, 'address' | 'port'>): string {
  return `${address.includes(':') ? `[${address}]` : address}:${port || RMCP_PORT}`;
}
