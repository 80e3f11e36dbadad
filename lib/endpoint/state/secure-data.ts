import nacl from 'tweetnacl';
import { isObject } from '../../models/index.ts';

/** An encrypted value (`models.SecureData`): a NaCl box from a key pair made for it alone. All fields are base64. */
export interface SecureData {
  Key: string;
  Nonce: string;
  Payload: string;
}

const KEY_BYTES = nacl.box.publicKeyLength;
const NONCE_BYTES = nacl.box.nonceLength;
const OVERHEAD_BYTES = nacl.box.overheadLength;

export function isSecureData(value: unknown): value is SecureData {
  if (!isObject(value) || Object.keys(value).length !== 3) return false;
  const [key, nonce, payload] = [value.Key, value.Nonce, value.Payload].map(bytes);
  return (
    key?.length === KEY_BYTES && nonce?.length === NONCE_BYTES && (payload?.length ?? 0) > OVERHEAD_BYTES
  );
}

export function publicKey(privateKey: Uint8Array): Uint8Array {
  return nacl.box.keyPair.fromSecretKey(privateKey).publicKey;
}

export function seal(receiver: Uint8Array, value: unknown): SecureData {
  const sender = nacl.box.keyPair();
  const nonce = nacl.randomBytes(NONCE_BYTES);
  const payload = nacl.box(Buffer.from(JSON.stringify(value)), nonce, receiver, sender.secretKey);
  return { Key: base64(sender.publicKey), Nonce: base64(nonce), Payload: base64(payload) };
}

/** The decrypted value; undefined when it was encrypted for another key. */
export function open(privateKey: Uint8Array, sealed: SecureData): { value: unknown } | undefined {
  const [key, nonce, payload] = [sealed.Key, sealed.Nonce, sealed.Payload].map(
    (text) => new Uint8Array(Buffer.from(text, 'base64')),
  );
  if (key === undefined || nonce === undefined || payload === undefined) return undefined;
  const opened = nacl.box.open(payload, nonce, key, privateKey);
  if (opened === null) return undefined;
  try {
    return { value: JSON.parse(Buffer.from(opened).toString('utf8')) };
  } catch {
    return undefined;
  }
}

function base64(data: Uint8Array): string {
  return Buffer.from(data).toString('base64');
}

function bytes(value: unknown): Uint8Array | undefined {
  return typeof value === 'string' ? Buffer.from(value, 'base64') : undefined;
}
