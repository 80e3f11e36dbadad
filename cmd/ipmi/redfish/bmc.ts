import { refusal, Secrets } from '../../../lib/models/index.ts';
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
    oldTls: params['ipmi/tls-old'] === true,
    secrets: new Secrets([password, basicToken(username, password), ...otherPasswords(params)]),
  };
}

/** Passwords of shares and of other users, and those in URLs, as they stand there and as they are. */
function otherPasswords(params: Params): string[] {
  const given = [params['ipmi/virtual-media-password'], params['ipmi/user-password']];
  const escaped = URLS.map((name) => {
    const url = params[name];
    return (typeof url === 'string' && /^[a-z]{1,10}:\/\/[^/:@]*:([^/]+)@/i.exec(url)?.[1]) || '';
  });
  return [...given.filter((password) => typeof password === 'string'), ...escaped, ...escaped.map(unescaped)];
}

/** Params that the BMC itself fetches something by. */
const URLS = ['ipmi/virtual-media-url', 'ipmi/http-boot-url'] as const;

function unescaped(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
