import type { Trust } from '../../../lib/https/index.ts';
import { hostAndPort, refusal, Secrets } from '../../../lib/models/index.ts';
import { hostParam } from '../host.ts';
import { numberParam, type Params, textParam } from '../params.ts';

/** Address, credentials and trust settings of a management console. */
export interface Hmc extends Trust {
  /** `HOST:PORT`, for messages and URLs. */
  name: string;
  host: string;
  port: number;
  username: string;
  password: string;
  /** Values that must not be shown. */
  secrets: Secrets;
}

const REST_PORT = 12_443;

/** The HMC in the params. Throws ModelError 400 that names the param. */
export function hmcOf(params: Params): Hmc {
  const host = hostParam(params);
  const port = numberParam(params, 'ipmi/port-lpar', 65_535, REST_PORT) || REST_PORT;
  const username = textParam(params, 'ipmi/username');
  const password = textParam(params, 'ipmi/password');
  for (const [name, value] of Object.entries({ username, password })) {
    // XML cannot represent most control characters.
    if (/\p{Cc}/u.test(value)) throw refusal(400, `ipmi/${name}: holds a control character`);
  }
  const ca = params['ipmi/ca'] === undefined ? '' : textParam(params, 'ipmi/ca').trim();
  return {
    name: hostAndPort(host, port),
    host,
    port,
    username,
    password,
    ca: ca === '' ? undefined : ca,
    oldTls: params['ipmi/tls-old'] === true,
    secrets: new Secrets([password]),
  };
}
