import { type Bmc, readBmcKey } from '../../lib/ipmi/index.ts';
import type { Request } from './driver.ts';
import { choiceParam, numberParam, textParam } from './params.ts';

const TRANSPORTS = ['auto', 'native', 'ipmitool'] as const;

/** The machine's BMC, from the request's params. Throws ModelError 400. */
export function bmcOf({ params }: Request): Bmc {
  const level =
    params['ipmi/privilege-level'] === undefined
      ? 'auto'
      : choiceParam(params, 'ipmi/privilege-level', ['auto', 'administrator', 'operator', 'user']);
  return {
    address: textParam(params, 'ipmi/address'),
    port: numberParam(params, 'ipmi/port-ipmitool', 65_535, 0),
    username: textParam(params, 'ipmi/username'),
    password: textParam(params, 'ipmi/password'),
    cipherSuite: numberParam(params, 'ipmi/cipher-suite', 17, 0),
    bmcKey: params['ipmi/kg-key'] === undefined ? undefined : readBmcKey(textParam(params, 'ipmi/kg-key')),
    privilege: level === 'auto' ? undefined : level,
  };
}

/** How long to wait for a busy BMC. Throws ModelError 400. */
export function retryMsOf({ params }: Request): number {
  return numberParam(params, 'ipmi/retry-time', 3_600, 60) * 1000;
}

/** Throws ModelError 400. */
export function transportOf({ params }: Request): (typeof TRANSPORTS)[number] {
  return params['ipmi/transport'] === undefined ? 'auto' : choiceParam(params, 'ipmi/transport', TRANSPORTS);
}
