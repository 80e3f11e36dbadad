import { hash } from 'node:crypto';

type Hash = 'md5' | 'sha1' | 'sha256';

/** Block size in bytes, the same for all of these hashes. */
const HASH_BLOCK = 64;

/** A cipher suite of IPMI 2.0: algorithms for the login and for packets (tables 13-17 to 13-20, 22-20). */
export interface CipherSuite {
  id: number;
  authentication: {
    algorithm: number;
    hash: Hash;
    /** Length of the authentication codes in RAKP 2 and 3. */
    codeBytes: number;
    /** Length of the integrity check value in RAKP 4. */
    checkBytes: number;
  };
  integrity: { algorithm: number; hash: Hash; codeBytes: number };
  /** 1: AES-CBC-128. 0: no encryption. */
  confidentiality: 0 | 1;
}

const BY_SHA256 = {
  authentication: { algorithm: 3, hash: 'sha256', codeBytes: 32, checkBytes: 16 },
  integrity: { algorithm: 4, hash: 'sha256', codeBytes: 16 },
} as const;

const BY_SHA1 = {
  authentication: { algorithm: 1, hash: 'sha1', codeBytes: 20, checkBytes: 12 },
  integrity: { algorithm: 1, hash: 'sha1', codeBytes: 12 },
} as const;

const BY_MD5 = {
  authentication: { algorithm: 2, hash: 'md5', codeBytes: 16, checkBytes: 16 },
  integrity: { algorithm: 2, hash: 'md5', codeBytes: 16 },
} as const;

/** The supported suites. Those without integrity (0, 1, 6, 15) are left out, since anybody could inject packets. */
const SUITES: ReadonlyMap<number, CipherSuite> = new Map(
  [
    { id: 17, ...BY_SHA256, confidentiality: 1 as const },
    { id: 16, ...BY_SHA256, confidentiality: 0 as const },
    { id: 3, ...BY_SHA1, confidentiality: 1 as const },
    { id: 2, ...BY_SHA1, confidentiality: 0 as const },
    { id: 8, ...BY_MD5, confidentiality: 1 as const },
  ].map((suite) => [suite.id, suite]),
);

/** Tried in this order with an unknown BMC: SHA-256, then SHA-1 for BMCs from before about 2017. */
export const USUAL_SUITES: readonly number[] = [17, 3];

export function cipherSuite(id: number): CipherSuite | undefined {
  return SUITES.get(id);
}

/**
 * HMAC (RFC 2104) of the parts. The key must not be longer than a block; those of IPMI have at most 32 bytes. Computed
 * with two one-shot hashes, which take less time than an Hmac object; a session with one request needs nine.
 */
export function hmac(name: Hash, key: Uint8Array, ...parts: readonly Uint8Array[]): Buffer {
  return hashed(name, key, 0x5c, [hashed(name, key, 0x36, parts)]);
}

function hashed(name: Hash, key: Uint8Array, pad: number, parts: readonly Uint8Array[]): Buffer {
  let length = HASH_BLOCK;
  for (const part of parts) length += part.length;
  const bytes = Buffer.allocUnsafe(length).fill(pad, 0, HASH_BLOCK);
  for (let at = 0; at < key.length; at += 1) bytes[at] = (key[at] ?? 0) ^ pad;
  let at = HASH_BLOCK;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  const code = hash(name, bytes, 'buffer');
  // Small buffers are pooled, and this one held a key.
  bytes.fill(0, 0, HASH_BLOCK);
  return code;
}
