import assert from 'node:assert/strict';
import { test } from 'node:test';
import { addressAt, addressRange, canonicalAddress } from '../../cmd/ipmi/range-scan/address-range.ts';
import { forEachIndex } from '../../cmd/ipmi/range-scan/pool.ts';
import { usableUuid } from '../../cmd/ipmi/range-scan/uuid.ts';
import { until } from '../support/until.ts';
import { scanner } from './range-scanner.ts';

const START = 'ipmi/discover/scan-start-address';
const END = 'ipmi/discover/scan-end-address';

const rangeOf = (first: unknown, last: unknown) => addressRange({ [START]: first, [END]: last });

function addresses(first: string, last: string): string[] {
  const range = rangeOf(first, last);
  return Array.from({ length: range.size }, (_address, index) => addressAt(range, index));
}

test('a range goes from its first address to its last, across the ends of bytes and groups', () => {
  assert.deepEqual(addresses('127.0.0.5', '127.0.0.5'), ['127.0.0.5']);
  assert.deepEqual(addresses('127.0.255.254', '127.1.0.1'), [
    '127.0.255.254',
    '127.0.255.255',
    '127.1.0.0',
    '127.1.0.1',
  ]);
  assert.deepEqual(addresses('255.255.255.255', '255.255.255.255'), ['255.255.255.255']);
  assert.deepEqual(addresses('2001:db8::fffe', '2001:0db8:0:0:0:0:1:0'), [
    '2001:db8::fffe',
    '2001:db8::ffff',
    '2001:db8::1:0',
  ]);
  assert.deepEqual(addresses('::', '::1'), ['::', '::1']);
  assert.deepEqual(addresses('fe80::ffff:ffff:ffff:ffff', 'fe80:0:0:1::'), [
    'fe80::ffff:ffff:ffff:ffff',
    'fe80:0:0:1::',
  ]);
});

test('a range has 65536 addresses at most', () => {
  assert.equal(rangeOf('127.0.0.0', '127.0.255.255').size, 65_536);
  assert.equal(rangeOf('fd00::', 'fd00::ffff').size, 65_536);
  for (const [first, last, size] of [
    ['127.0.0.0', '127.1.0.0', '65537'],
    ['0.0.0.0', '255.255.255.255', '4294967296'],
    ['::', 'ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff', '340282366920938463463374607431768211456'],
  ]) {
    assert.throws(() => rangeOf(first, last), {
      code: 400,
      messages: [`${END}: the range has ${size} addresses, but a scan takes 65536 at most`],
    });
  }
});

test('a range that is not valid is refused with the name of the param', () => {
  const cases: [first: unknown, last: unknown, message: string][] = [
    ['127.0.0.2', '127.0.0.1', `${START}: 127.0.0.2 comes after ${END}, 127.0.0.1`],
    ['::2', '::1', `${START}: ::2 comes after ${END}, ::1`],
    ['127.0.0.1', '::1', `${END}: expected an IPv4 address, as ${START} is one`],
    ['::1', '127.0.0.1', `${END}: expected an IPv6 address, as ${START} is one`],
    ['127.0.0', '127.0.0.1', `${START}: "127.0.0" is not an IPv4 or IPv6 address`],
    ['127.0.0.1', '127.0.0.256', `${END}: "127.0.0.256" is not an IPv4 or IPv6 address`],
    ['127.0.0.010', '127.0.0.9', `${START}: "127.0.0.010" is not an IPv4 or IPv6 address`],
    ['localhost', '127.0.0.1', `${START}: "localhost" is not an IPv4 or IPv6 address`],
    ['127.0.0.1/24', '127.0.0.1', `${START}: "127.0.0.1/24" is not an IPv4 or IPv6 address`],
    ['fe80::1%lo', 'fe80::2%lo', `${START}: "fe80::1%lo" is not an IPv4 or IPv6 address`],
    ['', '127.0.0.1', `${START}: "" is not an IPv4 or IPv6 address`],
    [undefined, '127.0.0.1', `${START}: expected a string, found nothing`],
    ['127.0.0.1', 7, `${END}: expected a string, found a number`],
  ];
  for (const [first, last, message] of cases) {
    assert.throws(() => rangeOf(first, last), { code: 400, messages: [message] });
  }
});

test('other params that are not as they must be are refused with their name, and never quoted when secret', async () => {
  const cases: [params: Record<string, unknown>, message: RegExp][] = [
    [{ 'ipmi/discover/ports': 623 }, /^ipmi\/discover\/ports: expected an array$/],
    [{ 'ipmi/discover/ports': [0] }, /^ipmi\/discover\/ports: expected ports from 1 to 65535, found 0$/],
    [{ 'ipmi/discover/ports': ['623'] }, /^ipmi\/discover\/ports: .*found "623"$/],
    [{ 'ipmi/discover/concurrency': 1.5 }, /^ipmi\/discover\/concurrency: expected a whole number/],
    [{ 'ipmi/discover/scan-timeout': -1 }, /^ipmi\/discover\/scan-timeout: expected a whole number/],
    [{ 'ipmi/port-redfish': 70_000 }, /^ipmi\/port-redfish: expected a whole number/],
    [{ 'ipmi/discover/credentials': 'pa55word' }, /^ipmi\/discover\/credentials: expected an array$/],
    [
      { 'ipmi/discover/credentials': [{ username: 'a', password: 'b' }, { password: 'pa55word' }] },
      /^ipmi\/discover\/credentials: \/1: expected username and password, both strings$/,
    ],
    [{ 'ipmi/discover/credentials': [null] }, /^ipmi\/discover\/credentials: \/0: expected username/],
  ];
  for (const [params, expected] of cases) {
    await assert.rejects(scanner().scan('127.0.0.1', '127.0.0.1', params), (error: Error) => {
      const { code, messages } = error as Error & { code?: number; messages?: string[] };
      assert.equal(code, 400);
      assert.match(messages?.[0] ?? '', expected);
      return true;
    });
  }
});

test('addresses that are written in different ways are the same', () => {
  assert.equal(canonicalAddress('[2001:DB8:0:0::1]'), '2001:db8::1');
  assert.equal(canonicalAddress(' 10.0.0.1 '), '10.0.0.1');
  assert.equal(canonicalAddress('BMC-1.Example.com'), 'bmc-1.example.com');
  assert.equal(canonicalAddress('fe80::1%eth0'), 'fe80::1%eth0');
});

test('UUIDs that many boards share are not taken', () => {
  assert.deepEqual(usableUuid('4C4C4544-0051-3510-8052-B4C04F323133'), {
    uuid: '4c4c4544-0051-3510-8052-b4c04f323133',
  });
  for (const text of [
    undefined,
    '',
    '--',
    '00000000-0000-0000-0000-000000000000',
    'FFFFFFFF-FFFF-FFFF-FFFF-FFFFFFFFFFFF',
    '03000200-0400-0500-0006-000700080009',
  ]) {
    assert.deepEqual(usableUuid(text), {});
  }
});

const never = new AbortController().signal;

test('no more run at once than allowed, and all are done once, in their order', async () => {
  let running = 0;
  let most = 0;
  const begun: number[] = [];
  await forEachIndex(40, { atOnce: 7, perSecond: 1e9, signal: never }, async (index) => {
    begun.push(index);
    running += 1;
    most = Math.max(most, running);
    await new Promise(setImmediate);
    running -= 1;
  });
  assert.equal(most, 7);
  assert.deepEqual(begun, [...Array(40).keys()]);
});

test('no more are begun in a second than allowed', async () => {
  const start = performance.now();
  await forEachIndex(51, { atOnce: 50, perSecond: 500, signal: never }, async () => {});
  // 50 gaps of 2 ms each, less what timers are early.
  assert.ok(performance.now() - start >= 50);
});

test('after a failure no more are begun, and those that run are told and waited for', async () => {
  const failure = new Error('the third');
  const begun: number[] = [];
  let ended = 0;
  const all = forEachIndex(1000, { atOnce: 3, perSecond: 1e9, signal: never }, async (index, signal) => {
    begun.push(index);
    if (index === 2) throw failure;
    await until(() => signal.aborted, 'the abort');
    ended += 1;
  });
  await assert.rejects(all, (error) => error === failure);
  assert.deepEqual([begun, ended], [[0, 1, 2], 2]);
});

test('an abort ends the pauses too, and its reason is the error', async () => {
  const stopping = new AbortController();
  const reason = new Error('stop');
  const all = forEachIndex(5, { atOnce: 2, perSecond: 0.001, signal: stopping.signal }, async () => {
    stopping.abort(reason);
  });
  await assert.rejects(all, (error) => error === reason);
});
