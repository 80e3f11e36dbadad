import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { test } from 'node:test';
import { cipherSuite, hmac } from '../../../lib/ipmi/lanplus/cipher-suites.ts';
import { PAYLOAD, plainFrame } from '../../../lib/ipmi/lanplus/frame.ts';
import { Login } from '../../../lib/ipmi/lanplus/login.ts';
import { decrypt, encrypt, packetKeys } from '../../../lib/ipmi/lanplus/protection.ts';
import {
  type Exchange,
  rakp2Code,
  rakp3Code,
  rakp4Code,
  sessionKey,
} from '../../../lib/ipmi/lanplus/rakp.ts';

function suite(id: number) {
  return cipherSuite(id) ?? assert.fail(`no suite ${id}`);
}

function hex(text: string): Buffer {
  return Buffer.from(text.replaceAll(' ', ''), 'hex');
}

/** Recorded with a BMC that runs OpenBMC: openbmc/openbmc#3170. */
const OPENBMC: Exchange = {
  suite: suite(3),
  username: '',
  role: 0x14,
  consoleId: hex('a4a3a2a0').readUInt32LE(),
  bmcId: hex('7975e416').readUInt32LE(),
  consoleRandom: hex('9b90bd904981bfe8781e40f3b5c8c985'),
  bmcRandom: hex('d2fd3675d0567134f31e98b7d428f211'),
  bmcGuid: hex('0102030405060708090a0b0c0d0e0f10'),
};
const OPENBMC_PASSWORD = Buffer.from('0penBmc');

test('the codes of an exchange that a real BMC made with suite 3 are those that it made', () => {
  // This one is the BMC's own, the others follow from it.
  assert.equal(
    rakp2Code(OPENBMC, OPENBMC_PASSWORD).toString('hex'),
    '4b4da7e318b6851d70c79f46b7c9d3a9334423f2',
  );
  assert.equal(
    rakp3Code(OPENBMC, OPENBMC_PASSWORD).toString('hex'),
    '40d7fbcb30749a611b89faa558b7a77fca2acf12',
  );
  const key = sessionKey(OPENBMC, OPENBMC_PASSWORD);
  assert.equal(key.toString('hex'), '601bd92cb6749f4c66f5e7b80a44470f8d37f6c3');
  assert.equal(rakp4Code(OPENBMC, key).toString('hex'), 'f7318b61dd49d69162bc80f5');
  const { integrityKey, encryptionKey } = packetKeys(OPENBMC.suite, key);
  assert.equal(integrityKey.toString('hex'), 'cc7bafb625fd084bda898ff6bbc1db0a09b9fff0');
  assert.equal(encryptionKey.toString('hex'), '90ee0876442fc34657418c9ced2a7ac5');
});

test('the code of an exchange with suite 17 is the one that ipmitool made', () => {
  // ipmitool/ipmitool#344.
  const exchange: Exchange = {
    suite: suite(17),
    username: 'console',
    role: 0x14,
    consoleId: hex('a4a3a2a0').readUInt32LE(),
    bmcId: hex('00e20002').readUInt32LE(),
    consoleRandom: hex('3eed213fedc260cf32e96e96951064cc'),
    bmcRandom: hex('c14884760921d50fd70a0470910c6fc7'),
    bmcGuid: hex('20000102027f00000000000000000000'),
  };
  assert.equal(
    rakp2Code(exchange, Buffer.from('FCNBC152200435')).toString('hex'),
    '37debfa89ba7d328150f48f09dd520b0d3a358b150b4e640f37206f0eb933ada',
  );
});

test('a whole login gives the datagrams of that exchange, and ends with its keys', () => {
  const draw = { consoleId: OPENBMC.consoleId, consoleRandom: Buffer.from(OPENBMC.consoleRandom), tag: 7 };
  const terms = { suite: suite(3), privilege: 4, namedInOpenSession: false };
  const login = new Login({ username: '', password: '0penBmc' }, terms, draw);
  assert.equal(
    login.begin().toString('hex'),
    '0600ff0706100000000000000000200007000000a4a3a2a0000000080100000001000008010000000200000801000000',
  );
  const opened = hex('07000400 a4a3a2a0 7975e416 00000008 01000000 01000008 01000000 02000008 01000000');
  const asked = login.take(PAYLOAD.openSessionResponse, opened);
  assert.equal(asked.next, 'send');
  assert.deepEqual(
    asked.next === 'send' && asked.datagram,
    plainFrame(PAYLOAD.rakp1, hex('07000000 7975e416 9b90bd904981bfe8781e40f3b5c8c985 14000000')),
  );
  const rakp2 = hex(
    `07000000 a4a3a2a0 d2fd3675d0567134f31e98b7d428f211 0102030405060708090a0b0c0d0e0f10
     4b4da7e318b6851d70c79f46b7c9d3a9334423f2`.replaceAll('\n', ''),
  );
  const proved = login.take(PAYLOAD.rakp2, rakp2);
  assert.deepEqual(
    proved.next === 'send' && proved.datagram,
    plainFrame(PAYLOAD.rakp3, hex('07000000 7975e416 40d7fbcb30749a611b89faa558b7a77fca2acf12')),
  );
  const up = login.take(PAYLOAD.rakp4, hex('07000000 a4a3a2a0 f7318b61dd49d69162bc80f5'));
  assert.equal(up.next, 'up');
  assert.equal(up.next === 'up' && up.bmcId, OPENBMC.bmcId);
});

/** gebn/bmc, pkg/ipmi/aes_128_cbc_test.go: key, vector and ciphertext, message. */
const AES: readonly (readonly [what: string, key: string, data: string, message: string])[] = [
  [
    '7 bytes',
    '0ed98c34ac8f34ce4dd7d90512b0f97a',
    '4d15808c3eee67d63b1cb0d1ae76dfcbf313a7be625814a47da0f66fdf21ccba',
    '7bec46d5bb90ba',
  ],
  [
    '15 bytes, which need no padding',
    '6f9cada392a3bb128ddb495fc82a1721',
    '941ef918b006d08426a1e27222370b0f7b742d869742d864255f4dad2e146b23',
    'f1c7edfac8f1a540cdc43a3c9b3081',
  ],
  [
    '15 bytes with a whole block of padding',
    '12d4518d942e28786a758bf5be25aff9',
    'a25633f7e2b41233b80bfbde4766a89e7ab7ca4b3db78af9c905af03acb4aec8db37b8422b62443f33295285d211730a',
    '66666836534234356b6d2c30392d33',
  ],
  [
    '16 bytes',
    '024a8840dd5504fbc92e9dff8358e48d',
    '340bd565df5466fdf09c73239cfc00fe570800f60d00054a3ff3c8ba42517ca1318f8d4aed816ba9244e448eed427bda',
    '8aa9e33062df5b48a70d77a3b8a2223a',
  ],
  [
    '35 bytes',
    '1627f999cbe2f8623e61a3ccfe589dc5',
    '9204375f065d00aab3f959c60bab0728c8a0f77734d6dcd0a5d13996c7346a65e5f75efcc7372d013283c9185103aba2a6ef8771c12fef87c43860e909507ec6',
    '7a81d653960995e54c0c4bacd5a71f8bac9c4dc331d0a01b50258e3e5d5e52ed5e3f2e',
  ],
];

for (const [what, key, data, message] of AES) {
  test(`${what} are decrypted as others encrypted them`, () => {
    assert.deepEqual(decrypt(hex(key), hex(data)), hex(message));
    if (what.includes('whole block')) return;
    assert.deepEqual(encrypt(hex(key), hex(message), hex(data).subarray(0, 16)), hex(data));
  });
}

test('the code of a packet is cut to the length of its suite', () => {
  const code = hmac('sha256', Buffer.from('k'), Buffer.from('a'), Buffer.from('b'));
  assert.deepEqual(code, hmac('sha256', Buffer.from('k'), Buffer.from('ab')));
  assert.equal(suite(17).integrity.codeBytes, 16);
  assert.equal(suite(3).integrity.codeBytes, 12);
});

test('HMAC is that of OpenSSL, with keys up to a block', () => {
  for (const name of ['md5', 'sha1', 'sha256'] as const) {
    for (const length of [0, 1, 20, 32, 63, 64]) {
      const key = Buffer.alloc(length, length + 1);
      const message = Buffer.from(`a message for a key of ${length} bytes`);
      const expected = createHmac(name, key).update(message).digest();
      assert.deepEqual(hmac(name, key, message.subarray(0, 5), message.subarray(5)), expected);
    }
  }
});
