import { isIPv6 } from 'node:net';
import { isOddIPv4, refusal } from '../../lib/ipmi/index.ts';
import { type Params, textParam } from './params.ts';

/**
 * The host in `ipmi/address`: an IPv4 or IPv6 address (brackets are taken off) or a host name, and nothing that a tool
 * would read as an option, or a URL as more than a host. Throws ModelError 400.
 */
export function hostParam(params: Params): string {
  const address = textParam(params, 'ipmi/address');
  const host = address.replace(/^\[(.*)\]$/, '$1');
  if (host === '') throw refusal(400, 'ipmi/address: is empty');
  const isAddress = isIPv6(host) && !host.includes('%');
  const isName = /^[\p{L}\p{N}_][\p{L}\p{N}_.-]*$/u.test(host) && URL.canParse(`https://${host}`);
  if (isAddress || (isName && !isOddIPv4(host))) return host;
  throw refusal(400, `ipmi/address: ${JSON.stringify(address)} is neither an address nor a host name`);
}

/** `HOST:PORT`, IPv6 addresses in brackets. */
export function hostAndPort(host: string, port: number): string {
  return `${isIPv6(host) ? `[${host}]` : host}:${port}`;
}
