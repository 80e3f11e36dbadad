import { randomFillSync } from 'node:crypto';

const pool = Buffer.allocUnsafe(4096);
let used = pool.length;

/** Random bytes, at most 64, from a pool: a system call for each packet would cost more than its encryption. */
export function randomBytes(count: number): Buffer {
  if (used + count > pool.length) {
    randomFillSync(pool);
    used = 0;
  }
  used += count;
  const bytes = Buffer.from(pool.subarray(used - count, used));
  // Each byte is used once.
  pool.fill(0, used - count, used);
  return bytes;
}

/** A random session id other than 0 (IPMI 2.0, section 13.17). */
export function randomSessionId(): number {
  return randomBytes(4).readUInt32LE() || 1;
}
