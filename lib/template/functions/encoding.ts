import { createHash } from 'node:crypto';
import { FunctionError } from '../values/value.ts';
import { decodeBase32, decodeBase64, encodeBase32, encodeBase64 } from './base-text.ts';
import { type Functions, fn } from './define.ts';

export const ENCODING: Functions = {
  b64enc: fn(['string'], 'string', encodeBase64),
  b64dec: fn(['string'], 'string', (text) => orMessage(() => decodeBase64(text))),
  b32enc: fn(['string'], 'string', encodeBase32),
  b32dec: fn(['string'], 'string', (text) => orMessage(() => decodeBase32(text))),
  sha1sum: fn(['string'], 'string', (text) => hash('sha1', text)),
  sha256sum: fn(['string'], 'string', (text) => hash('sha256', text)),
  adler32sum: fn(['string'], 'string', (text) => String(adler32(text))),
};

/** sprig's decoders return the error message as their result. */
function orMessage(read: () => string): string {
  try {
    return read();
  } catch (error) {
    if (error instanceof FunctionError) return error.message;
    throw error;
  }
}

export function hash(algorithm: 'sha1' | 'sha256', text: string): string {
  return createHash(algorithm).update(text, 'latin1').digest('hex');
}

function adler32(text: string): number {
  let [low, high] = [1, 0];
  for (let at = 0; at < text.length; at++) {
    low = (low + text.charCodeAt(at)) % 65_521;
    high = (high + low) % 65_521;
  }
  return high * 65_536 + low;
}
