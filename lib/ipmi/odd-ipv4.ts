import { isIPv4 } from 'node:net';

/**
 * Whether resolvers and URLs take `host` for an IPv4 address, by the rules of inet_aton, that people may not mean: to
 * them `010.0.0.12` is 8.0.0.12, and `10.1` is 10.0.0.1.
 */
export function isOddIPv4(host: string): boolean {
  return !isIPv4(host) && host.split('.').every((part) => /^(\d+|0x[0-9a-f]*|)$/i.test(part));
}
