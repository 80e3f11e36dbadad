import { ModelError, parseJson } from '../models/index.ts';

/** An encrypted value as params store it (`models.SecureData`). All fields are base64. */
export interface SecureData {
  /** The sender's public key, made for this message: 32 bytes. */
  Key: string;
  /** 24 bytes. */
  Nonce: string;
  /** The encrypted JSON: 16 bytes longer than the JSON. */
  Payload: string;
}

const KEY_LENGTH = 32;
const NONCE_LENGTH = 24;
const OVERHEAD = 16;

/** Whether `value` has the shape of SecureData. */
export function isSecureData(value: unknown): value is SecureData {
  return bytesOf(value) !== undefined;
}

/** A key pair for sealing (curve25519), each key 32 bytes. */
export async function sealingKeys(): Promise<{ publicKey: Uint8Array; secretKey: Uint8Array }> {
  const { box } = await nacl();
  return box.keyPair();
}

/**
 * Encrypts `value` as JSON for the owner of `publicKey` (NaCl box). Throws ModelError 400 for an invalid key or value.
 */
export async function seal(publicKey: Uint8Array, value: unknown): Promise<SecureData> {
  const { box, randomBytes } = await nacl();
  if (publicKey.length !== KEY_LENGTH) throw problem('Key must be 32 bytes long');
  const message = new TextEncoder().encode(JSON.stringify(value ?? null));
  const sender = box.keyPair();
  const nonce = randomBytes(NONCE_LENGTH);
  const payload = box(message, nonce, publicKey, sender.secretKey);
  return { Key: base64(sender.publicKey), Nonce: base64(nonce), Payload: base64(payload) };
}

/** Decrypts `data`. Throws ModelError 400 when it is damaged or was encrypted for another key. */
export async function unseal(secretKey: Uint8Array, data: unknown): Promise<unknown> {
  const { box } = await nacl();
  if (secretKey.length !== KEY_LENGTH) throw problem('Key must be 32 bytes long');
  const parts = bytesOf(data);
  if (parts === undefined) throw problem('SecureData: Key, Nonce or Payload is missing or of a wrong length');
  const message = box.open(parts.payload, parts.nonce, parts.key, secretKey);
  if (message === null) throw problem('SecureData corrupted');
  try {
    return parseJson(new TextDecoder().decode(message));
  } catch {
    // Without the parser's message: it quotes the text, which may be a secret.
    throw problem('SecureData holds no JSON');
  }
}

function bytesOf(value: unknown): { key: Uint8Array; nonce: Uint8Array; payload: Uint8Array } | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  const { Key, Nonce, Payload } = value as Partial<Record<keyof SecureData, unknown>>;
  if (typeof Key !== 'string' || typeof Nonce !== 'string' || typeof Payload !== 'string') return undefined;
  const [key, nonce, payload] = [fromBase64(Key), fromBase64(Nonce), fromBase64(Payload)];
  if (key.length !== KEY_LENGTH || nonce.length !== NONCE_LENGTH || payload.length < OVERHEAD)
    return undefined;
  return { key, nonce, payload };
}

function base64(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('base64');
}

function fromBase64(text: string): Uint8Array {
  return new Uint8Array(Buffer.from(text, 'base64'));
}

async function nacl() {
  return (await import('tweetnacl')).default;
}

function problem(message: string): ModelError {
  return new ModelError(400, message, { type: 'CLIENT_ERROR' });
}
