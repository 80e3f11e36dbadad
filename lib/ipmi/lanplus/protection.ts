import { createCipheriv, createDecipheriv, timingSafeEqual } from 'node:crypto';
import { type CipherSuite, hmac } from './cipher-suites.ts';
import { type Frame, sessionFrame } from './frame.ts';
import { randomBytes } from './random.ts';

/** The keys that protect the packets of a session. */
export interface PacketKeys {
  suite: CipherSuite;
  integrityKey: Buffer;
  encryptionKey: Buffer;
}

const BLOCK = 16;
/**
 * Length of the constants for K1 and K2. It is 20 for every hash: clients that use the hash's own length cannot log in
 * by SHA-256 (IPMI 2.0, section 13.32).
 */
const CONSTANT_BYTES = 20;

/** Derives K1 and K2 from a session integrity key (IPMI 2.0, section 13.32). */
export function packetKeys(suite: CipherSuite, sessionKey: Uint8Array): PacketKeys {
  const { hash } = suite.authentication;
  const derived = (constant: number) => hmac(hash, sessionKey, Buffer.alloc(CONSTANT_BYTES, constant));
  return {
    suite,
    // Not a KeyObject: making one takes longer than it saves in a session of one request.
    integrityKey: derived(1),
    encryptionKey: derived(2).subarray(0, BLOCK),
  };
}

/** Makes a datagram of a session: encrypted if the suite requires it, with its integrity code. */
export function seal(
  keys: PacketKeys,
  { payloadType, sessionId, sequence }: Pick<Frame, 'payloadType' | 'sessionId' | 'sequence'>,
  payload: Uint8Array,
): Buffer {
  const encrypted = keys.suite.confidentiality === 1;
  const frame = sessionFrame({
    payloadType,
    encrypted,
    authenticated: true,
    sessionId,
    sequence,
    payload: encrypted ? encrypt(keys.encryptionKey, payload) : payload,
  });
  return Buffer.concat([frame, integrityCode(keys, frame.subarray(4))]);
}

/**
 * The payload of a packet from the BMC; undefined when its integrity code is wrong, or it is not encrypted as the suite
 * requires.
 */
export function unseal(keys: PacketKeys, frame: Frame): Buffer | undefined {
  const { codeBytes } = keys.suite.integrity;
  const covered = frame.body.length - codeBytes;
  // Minimum: the fields before the payload, the payload, pad length and next header.
  if (!frame.authenticated || covered < 12 + frame.payload.length + 2) return undefined;
  const code = integrityCode(keys, frame.body.subarray(0, covered));
  if (!timingSafeEqual(code, frame.body.subarray(covered))) return undefined;
  if (frame.encrypted !== (keys.suite.confidentiality === 1)) return undefined;
  return frame.encrypted ? decrypt(keys.encryptionKey, frame.payload) : frame.payload;
}

function integrityCode({ suite, integrityKey }: PacketKeys, covered: Uint8Array): Buffer {
  const { hash, codeBytes } = suite.integrity;
  return hmac(hash, integrityKey, covered).subarray(0, codeBytes);
}

/**
 * AES-CBC-128: initialization vector, then the encrypted payload with padding 1, 2, 3, ... and pad length (IPMI 2.0,
 * section 13.29).
 */
export function encrypt(key: Uint8Array, payload: Uint8Array, vector = randomBytes(BLOCK)): Buffer {
  const padding = -(payload.length + 1) & (BLOCK - 1);
  const padded = Buffer.allocUnsafe(payload.length + padding + 1);
  padded.set(payload);
  for (let count = 1; count <= padding; count += 1) padded[payload.length + count - 1] = count;
  padded[padded.length - 1] = padding;
  const cipher = createCipheriv('aes-128-cbc', key, vector).setAutoPadding(false);
  // `final` returns nothing, since the input has whole blocks.
  return Buffer.concat([vector, cipher.update(padded)]);
}

/**
 * Decrypts what `encrypt` made; undefined when that fails. Accepts a full block of padding, which OpenBMC adds when
 * none is needed, with any content: the integrity code has been verified.
 */
export function decrypt(key: Uint8Array, bytes: Uint8Array): Buffer | undefined {
  if (bytes.length < 2 * BLOCK || bytes.length % BLOCK !== 0) return undefined;
  const cipher = createDecipheriv('aes-128-cbc', key, bytes.subarray(0, BLOCK)).setAutoPadding(false);
  const padded = cipher.update(bytes.subarray(BLOCK));
  const padding = padded.readUInt8(padded.length - 1);
  if (padding > BLOCK || padding > padded.length - 1) return undefined;
  return padded.subarray(0, padded.length - 1 - padding);
}
