import { refusal } from './refusal.ts';

// As in node:net. Importing that would slow down every start for these two functions.

const OCTET = '(?:25[0-5]|2[0-4]\\d|1\\d\\d|[1-9]\\d|\\d)';
const IPV4 = new RegExp(`^${OCTET}(?:\\.${OCTET}){3}$`);

function isIPv4(host: string): boolean {
  return IPV4.test(host);
}

/** An IPv6 address without a zone. */
function isIPv6(host: string): boolean {
  return /^[\da-f.]*:[\da-f:.]*$/i.test(host) && URL.canParse(`http://[${host}]`);
}

/**
 * Whether resolvers and URLs read `host` as an IPv4 address by the rules of inet_aton, which people may not expect:
 * `010.0.0.12` means 8.0.0.12, and `10.1` means 10.0.0.1.
 */
export function isOddIPv4(host: string): boolean {
  return !isIPv4(host) && host.split('.').every((part) => /^(\d+|0x[0-9a-f]*|)$/i.test(part));
}

/**
 * The host in the value of a param: an IPv4 or IPv6 address (brackets are removed) or a host name. Refuses anything
 * that a tool would read as an option or a URL as more than a host. Throws ModelError 400 that names the param.
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
