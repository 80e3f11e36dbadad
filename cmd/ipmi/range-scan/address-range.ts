import { isIPv4, isIPv6 } from 'node:net';
import { refusal } from '../../../lib/ipmi/index.ts';
import { type Params, textParam } from '../params.ts';

/** Consecutive addresses, both ends included. */
export interface AddressRange {
  readonly family: 4 | 6;
  readonly start: bigint;
  readonly size: number;
}

const START = 'ipmi/discover/scan-start-address';
const END = 'ipmi/discover/scan-end-address';
const MOST_ADDRESSES = 65_536;

/** The range in the params. Throws ModelError 400 that names the param. */
export function addressRange(params: Params): AddressRange {
  const start = addressParam(params, START);
  const end = addressParam(params, END);
  if (start.family !== end.family) {
    throw refusal(400, `${END}: expected an IPv${start.family} address, as ${START} is one`);
  }
  if (end.number < start.number) {
    throw refusal(400, `${START}: ${textParam(params, START)} comes after ${END}, ${textParam(params, END)}`);
  }
  const size = end.number - start.number + 1n;
  if (size > MOST_ADDRESSES) {
    throw refusal(400, `${END}: the range has ${size} addresses, but a scan takes ${MOST_ADDRESSES} at most`);
  }
  return { family: start.family, start: start.number, size: Number(size) };
}

/** The address at `index` of the range, from 0, in canonical form. */
export function addressAt({ family, start }: AddressRange, index: number): string {
  const number = start + BigInt(index);
  if (family === 4) return parts(number, 4, 8n).join('.');
  return canonicalIPv6(
    parts(number, 8, 16n)
      .map((group) => group.toString(16))
      .join(':'),
  );
}

/** An address in the form of `addressAt`, for comparisons; other text in lower case. */
export function canonicalAddress(text: string): string {
  const bare = text.trim().replace(/^\[(.*)\]$/, '$1');
  return isIPv6(bare) && !bare.includes('%') ? canonicalIPv6(bare) : bare.toLowerCase();
}

function addressParam(params: Params, name: typeof START | typeof END): { family: 4 | 6; number: bigint } {
  const text = textParam(params, name);
  if (isIPv4(text)) return { family: 4, number: joined(text.split('.').map(Number), 8n) };
  // An address with a zone, such as fe80::1%eth0, cannot be used in a URL.
  if (isIPv6(text) && !text.includes('%')) return { family: 6, number: joined(groupsOf(text), 16n) };
  throw refusal(400, `${name}: ${JSON.stringify(text)} is not an IPv4 or IPv6 address`);
}

/** The canonical form of URLs: the longest run of zeros left out, and no IPv4 part. */
function canonicalIPv6(address: string): string {
  return new URL(`http://[${address}]`).hostname.slice(1, -1);
}

function groupsOf(address: string): number[] {
  const [head = [], tail = []] = canonicalIPv6(address)
    .split('::')
    .map((side) => side.split(':').filter(Boolean));
  const zeros = Array.from({ length: 8 - head.length - tail.length }, () => '0');
  return [...head, ...zeros, ...tail].map((group) => Number.parseInt(group, 16));
}

function joined(numbers: readonly number[], bits: bigint): bigint {
  return numbers.reduce((sum, number) => (sum << bits) | BigInt(number), 0n);
}

/** The inverse of `joined`. */
function parts(whole: bigint, count: number, bits: bigint): number[] {
  return Array.from({ length: count }, (_part, index) =>
    Number(BigInt.asUintN(Number(bits), whole >> (bits * BigInt(count - 1 - index)))),
  );
}
