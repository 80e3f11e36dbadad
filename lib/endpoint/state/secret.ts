import { randomBytes } from 'node:crypto';

/** Sixteen characters that cannot be guessed. */
export function randomSecret(): string {
  return randomBytes(12).toString('base64url');
}
