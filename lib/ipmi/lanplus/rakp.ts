import { timingSafeEqual } from 'node:crypto';
import { type CipherSuite, hmac } from './cipher-suites.ts';

/** The values that both sides of a login know after RAKP 2, as transmitted. */
export interface Exchange {
  suite: CipherSuite;
  username: string;
  /** The role byte of RAKP 1: the privilege, and 10h for a lookup by name only. */
  role: number;
  consoleId: number;
  bmcId: number;
  /** 16 bytes each. */
  consoleRandom: Uint8Array;
  bmcRandom: Uint8Array;
  bmcGuid: Uint8Array;
}

export interface Rakp2 {
  tag: number;
  status: number;
  consoleId: number;
  /** Set only with status 0. */
  proof?: { bmcRandom: Buffer; bmcGuid: Buffer; code: Buffer };
}

export interface Rakp4 {
  tag: number;
  status: number;
  consoleId: number;
  /** Set only with status 0. */
  code?: Buffer;
}

/** RAKP message 1 (IPMI 2.0, table 13-11). */
export function rakp1(
  tag: number,
  { bmcId, consoleRandom, role, username }: Pick<Exchange, 'bmcId' | 'consoleRandom' | 'role' | 'username'>,
): Buffer {
  const name = Buffer.from(username);
  const payload = Buffer.alloc(28);
  payload[0] = tag;
  payload.writeUInt32LE(bmcId, 4);
  payload.set(consoleRandom, 8);
  payload[24] = role;
  payload[27] = name.length;
  return Buffer.concat([payload, name]);
}

/**
 * Parses RAKP message 2 (table 13-12); undefined when it is truncated. Refusals are shorter, so the status is checked
 * first.
 */
export function readRakp2(payload: Buffer, suite: CipherSuite): Rakp2 | undefined {
  const start = readStart(payload);
  if (start === undefined || start.status !== 0) return start;
  const { codeBytes } = suite.authentication;
  if (payload.length < 40 + codeBytes) return undefined;
  const proof = {
    bmcRandom: payload.subarray(8, 24),
    bmcGuid: payload.subarray(24, 40),
    code: payload.subarray(40, 40 + codeBytes),
  };
  return { ...start, proof };
}

/** RAKP message 3 (table 13-13). Without a code it tells the BMC why the login ends. */
export function rakp3(
  tag: number,
  bmcId: number,
  status: number,
  code: Uint8Array = Buffer.alloc(0),
): Buffer {
  const payload = Buffer.alloc(8);
  payload.set([tag, status]);
  payload.writeUInt32LE(bmcId, 4);
  return Buffer.concat([payload, code]);
}

/** Parses RAKP message 4 (table 13-14); undefined when it is truncated. */
export function readRakp4(payload: Buffer, suite: CipherSuite): Rakp4 | undefined {
  const start = readStart(payload);
  if (start === undefined || start.status !== 0) return start;
  const { checkBytes } = suite.authentication;
  return payload.length < 8 + checkBytes
    ? undefined
    : { ...start, code: payload.subarray(8, 8 + checkBytes) };
}

function readStart(payload: Buffer): { tag: number; status: number; consoleId: number } | undefined {
  if (payload.length === 1) return { tag: 0, status: 0x12, consoleId: 0 };
  if (payload.length < 2) return undefined;
  return {
    tag: payload.readUInt8(0),
    status: payload.readUInt8(1),
    consoleId: payload.length < 8 ? 0 : payload.readUInt32LE(4),
  };
}

/** The code in RAKP 2, with which the BMC proves that it knows the password (IPMI 2.0, section 13.31). */
export function rakp2Code(exchange: Exchange, password: Uint8Array): Buffer {
  const { suite, consoleId, bmcId, consoleRandom, bmcRandom, bmcGuid } = exchange;
  const parts = [uint32(consoleId), uint32(bmcId), consoleRandom, bmcRandom, bmcGuid, asker(exchange)];
  return hmac(suite.authentication.hash, password, ...parts);
}

/** The code in RAKP 3, with which the console proves that it knows the password. */
export function rakp3Code(exchange: Exchange, password: Uint8Array): Buffer {
  const { suite, bmcRandom, consoleId } = exchange;
  return hmac(suite.authentication.hash, password, bmcRandom, uint32(consoleId), asker(exchange));
}

/** The session integrity key. `bmcKey` is K_g, or the password if the BMC has none. */
export function sessionKey(exchange: Exchange, bmcKey: Uint8Array): Buffer {
  const { suite, consoleRandom, bmcRandom } = exchange;
  return hmac(suite.authentication.hash, bmcKey, consoleRandom, bmcRandom, asker(exchange));
}

/** The code in RAKP 4, with which the BMC proves that it has the same session key. */
export function rakp4Code(exchange: Exchange, key: Uint8Array): Buffer {
  const { suite, consoleRandom, bmcId, bmcGuid } = exchange;
  const { hash, checkBytes } = suite.authentication;
  return hmac(hash, key, consoleRandom, uint32(bmcId), bmcGuid).subarray(0, checkBytes);
}

/** Compares two codes in constant time. */
export function sameCode(one: Uint8Array, other: Uint8Array): boolean {
  return one.length === other.length && timingSafeEqual(one, other);
}

function asker({ role, username }: Exchange): Buffer {
  const name = Buffer.from(username);
  return Buffer.concat([Buffer.from([role, name.length]), name]);
}

function uint32(value: number): Buffer {
  const bytes = Buffer.allocUnsafe(4);
  bytes.writeUInt32LE(value);
  return bytes;
}
