import type { Exchange } from '../exchange.ts';

/** The key that a route's pattern caught. */
export function caughtKey({ caught }: Exchange): string {
  return caught.key ?? '';
}
