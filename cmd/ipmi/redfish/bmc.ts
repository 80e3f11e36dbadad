import { refusal } from '../../../lib/ipmi/index.ts';
import { type Bmc, basicToken } from '../../../lib/redfish/index.ts';
import { hostAndPort, hostParam } from '../host.ts';
import { numberParam, type Params, textParam } from '../params.ts';

const HTTPS_PORT = 443;

/** The BMC that the params name. Throws ModelError 400 that names the param. */
export function bmcOf(params: Params): Bmc {
  const port = numberParam(params, 'ipmi/port-redfish', 65_535, HTTPS_PORT) || HTTPS_PORT;
  const name = hostAndPort(hostParam(params), port);
  const username = textParam(params, 'ipmi/username');
  const password = textParam(params, 'ipmi/password');
  for (const [field, value] of Object.entries({ username, password })) {
    if (/\p{Cc}/u.test(value)) throw refusal(400, `ipmi/${field}: holds a control character`);
  }
  const ca = params['ipmi/ca'] === undefined ? '' : textParam(params, 'ipmi/ca').trim();
  return {
    name,
    origin: `https://${name}`,
    username,
    password,
    ca: ca === '' ? undefined : ca,
    secrets: [password, basicToken(username, password), imagePassword(params)].filter(
      (secret) => secret !== '',
    ),
  };
}

/** The password in the URL of an image, as it stands there; empty when there is none. */
function imagePassword(params: Params): string {
  const url = params['ipmi/virtual-media-url'];
  return (typeof url === 'string' && /^[a-z]+:\/\/[^/:@]*:([^/]+)@/i.exec(url)?.[1]) || '';
}
