import { refusal } from './refusal.ts';

// As node:net has them, which every start of every program would have to load for these two.

const OCTET = '(?:25[0-5]|2[0-4]\\d|1\\d\\d|[1-9]\\d|\\d)';
const IPV4 = new RegExp(`^${OCTET}(?:\\.${OCTET}){3}$`);

function isIPv4(host: string): boolean {
  return IPV4.test(host);
}

/** Without a zone. */
function isIPv6(host: string): boolean {
  return /^[\da-f.]*:[\da-f:.]*$/i.test(host) && URL.canParse(`http://[${host}]`);
}

/**
 * Whether resolvers and URLs take `host` for an IPv4 address, by the rules of inet_aton, that people may not mean: to
 * them `010.0.0.12` is 8.0.0.12, and `10.1` is 10.0.0.1.
 */
export function isOddIPv4(host: string): boolean {
  return !isIPv4(host) && host.split('.').every((part) => /^(\d+|0x[0-9a-f]*|)$/i.test(part));
}

/**
 * The host in `text`, the value of a param: an IPv4 or IPv6 address (brackets are taken off) or a host name, and nothing
 * that a tool would read as an option, or a URL as more than a host. Throws ModelError 400 that names the param.
 */
export function hostIn(text: string, param: string): string {
  const host = text.replace(/^\[(.*)\]$/, '$1');
  if (host === '') throw refusal(400, `${param}: is empty`);
  const isAddress = isIPv6(host);
  const isName = /^[\p{L}\p{N}_][\p{L}\p{N}_.-]*$/u.test(host) && URL.canParse(`https://${host}`);
  if (isAddress || (isName && !isOddIPv4(host))) return host;
  throw refusal(400, `${param}: ${JSON.stringify(text)} is neither an address nor a host name`);
}

/** `HOST:PORT`, IPv6 addresses in brackets. */
export function hostAndPort(host: string, port: number): string {
  return `${host.includes(':') ? `[${host}]` : host}:${port}`;
}
