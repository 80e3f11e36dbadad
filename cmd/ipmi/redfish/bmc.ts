import { type Bmc, redfishBmc } from '../../../lib/redfish/index.ts';
import type { Params } from '../params.ts';

/** The BMC that the params name. Throws ModelError 400 that names the param. */
export function bmcOf(params: Params): Bmc {
  return redfishBmc(params, otherPasswords(params));
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
const URLS = ['ipmi/virtual-media-url', 'ipmi/http-boot-url', 'ipmi/firmware-url'] as const;

function unescaped(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
