import { randomBytes } from 'node:crypto';

/** A random string of sixteen characters. */
export function randomSecret(): string {
  return randomBytes(12).toString('base64url');
}
