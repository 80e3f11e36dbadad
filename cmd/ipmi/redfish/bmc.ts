import { type Bmc, redfishBmc } from '../../../lib/redfish/index.ts';
import type { Params } from '../params.ts';

/** The BMC in the params. Throws ModelError 400 that names the param. */
export function bmcOf(params: Params): Bmc {
  return redfishBmc(params, otherPasswords(params));
}

/** Passwords of shares and other users, and those in URLs, both as written and decoded. */
function otherPasswords(params: Params): string[] {
  const given = [params['ipmi/virtual-media-password'], params['ipmi/user-password']];
  const escaped = URLS.map((name) => {
    const url = params[name];
    return (typeof url === 'string' && /^[a-z]{1,10}:\/\/[^/:@]*:([^/]+)@/i.exec(url)?.[1]) || '';
  });
  return [...given.filter((password) => typeof password === 'string'), ...escaped, ...escaped.map(unescaped)];
}

/** Params with URLs that the BMC fetches. */
const URLS = ['ipmi/virtual-media-url', 'ipmi/http-boot-url', 'ipmi/firmware-url'] as const;

function unescaped(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
