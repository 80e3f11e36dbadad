import { join } from 'node:path';

/**
 * Where Node.js keeps what it has compiled, for programs that tests start from their sources: preparing the TypeScript
 * files anew takes most of such a start.
 */
export const COMPILE_CACHE =
  process.env.NODE_COMPILE_CACHE || join(import.meta.dirname, '../../.build/compile-cache');
