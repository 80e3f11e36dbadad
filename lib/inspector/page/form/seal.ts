import nacl from 'tweetnacl';
import { ask } from '../endpoint.ts';

/** An encrypted value as params store it, all fields base64. Only the endpoint can decrypt it. */
interface SecureData {
  Key: string;
  Nonce: string;
  Payload: string;
}

/** Returns a function that encrypts values for params of an object, as drpcli does. Throws EndpointError. */
export async function sealer(prefix: string, key: string): Promise<(value: unknown) => SecureData> {
  const receiver = bytesOf(await ask<string>([prefix, key, 'pubkey']));
  return (value) => {
    const sender = nacl.box.keyPair();
    const nonce = nacl.randomBytes(nacl.box.nonceLength);
    const message = new TextEncoder().encode(JSON.stringify(value));
    const payload = nacl.box(message, nonce, receiver, sender.secretKey);
    return { Key: base64(sender.publicKey), Nonce: base64(nonce), Payload: base64(payload) };
  };
}

function base64(bytes: Uint8Array): string {
  return btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(''));
}

function bytesOf(text: string): Uint8Array {
  return Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
}
