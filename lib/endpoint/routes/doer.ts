import type { Exchange } from '../exchange.ts';
import type { Doer } from '../objects.ts';

export function doerOf({ principal, method }: Exchange): Doer {
  return { principal, method };
}
