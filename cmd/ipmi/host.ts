import { hostIn } from '../../lib/models/index.ts';
import { type Params, textParam } from './params.ts';

/** The host in `ipmi/address`. Throws ModelError 400. */
export function hostParam(params: Params): string {
  return hostIn(textParam(params, 'ipmi/address'), 'ipmi/address');
}
