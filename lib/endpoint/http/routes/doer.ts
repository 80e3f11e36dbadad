import type { Doer } from '../../state/objects.ts';
import type { Exchange } from '../exchange.ts';

export function doerOf({ principal, method }: Exchange): Doer {
  return { principal, method };
}
