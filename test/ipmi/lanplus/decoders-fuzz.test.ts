import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readVersions } from '../../../lib/ipmi/ipmi-versions.ts';
import { cipherSuite } from '../../../lib/ipmi/lanplus/cipher-suites.ts';
import { PAYLOAD, readFrame } from '../../../lib/ipmi/lanplus/frame.ts';
import { Login } from '../../../lib/ipmi/lanplus/login.ts';
import { readResponse } from '../../../lib/ipmi/lanplus/message.ts';
import { readOpenSessionResponse } from '../../../lib/ipmi/lanplus/open-session.ts';
import { decrypt, encrypt, packetKeys, seal, unseal } from '../../../lib/ipmi/lanplus/protection.ts';
import { readRakp2, readRakp4 } from '../../../lib/ipmi/lanplus/rakp.ts';
import { Session } from '../../../lib/ipmi/lanplus/session.ts';
import { fc } from '../../support/properties.ts';

const SUITE = cipherSuite(17) ?? assert.fail();
const KEYS = packetKeys(SUITE, Buffer.alloc(32, 1));
const RUNS = { numRuns: 2_000 };

const anything = fc.uint8Array({ maxLength: 120 }).map((bytes) => Buffer.from(bytes));
/** Anything after the first bytes of a frame of RMCP+. */
const framed = fc
  .tuple(fc.constantFrom('0600ff07', '0600ff0706', '0600ff070600', '0600ff0706c0'), anything)
  .map(([start, rest]) => Buffer.concat([Buffer.from(start, 'hex'), rest]));

test('no bytes make a decoder throw', () => {
  const decoders: ((bytes: Buffer) => unknown)[] = [
    readFrame,
    readResponse,
    readVersions,
    readOpenSessionResponse,
    (bytes) => readRakp2(bytes, SUITE),
    (bytes) => readRakp4(bytes, SUITE),
    (bytes) => decrypt(KEYS.encryptionKey, bytes),
  ];
  fc.assert(
    fc.property(fc.oneof(anything, framed), (bytes) => {
      for (const decode of decoders) decode(bytes);
      const frame = readFrame(bytes);
      if (frame !== undefined) {
        assert.equal(unseal(KEYS, frame), undefined);
        assert.equal(new Session(KEYS, 1, 2).openResponse(frame), undefined);
      }
    }),
    RUNS,
  );
});

test('what comes in a packet of the session itself may be anything', () => {
  fc.assert(
    fc.property(anything, fc.nat({ max: 0x3f }), fc.nat(), (payload, payloadType, sequence) => {
      const session = new Session(KEYS, 1, 2);
      const frame = readFrame(seal(KEYS, { payloadType, sessionId: 1, sequence }, payload));
      if (frame === undefined) assert.equal(payloadType, 2);
      else session.openResponse(frame);
    }),
    RUNS,
  );
});

test('what is encrypted is decrypted', () => {
  fc.assert(
    fc.property(anything, (payload) => {
      assert.deepEqual(decrypt(KEYS.encryptionKey, encrypt(KEYS.encryptionKey, payload)), payload);
    }),
    RUNS,
  );
});

test('a login bears any packets in any order, and is never up without the password', () => {
  const types = [PAYLOAD.openSessionResponse, PAYLOAD.rakp2, PAYLOAD.rakp4, PAYLOAD.ipmi];
  /** Many of them for this login, so that they are looked at further. */
  const draw = { consoleId: 0x04030201, consoleRandom: Buffer.alloc(16, 9), tag: 5 };
  const payload = fc
    .tuple(fc.constantFrom('', '0500000001020304', '0000000001020304', '05000000'), anything)
    .map(([start, rest]) => Buffer.concat([Buffer.from(start, 'hex'), rest]));
  const opened = Buffer.from(
    `050004000102030411111111${[3, 4, 1].map((n, kind) => `0${kind}0000080${n}000000`).join('')}`,
    'hex',
  );
  fc.assert(
    fc.property(
      fc.array(fc.tuple(fc.constantFrom(...types), payload), { maxLength: 8 }),
      fc.boolean(),
      (packets, isOpened) => {
        const terms = { suite: SUITE, privilege: 4, namedInOpenSession: false };
        const login = new Login({ username: 'admin', password: 'p' }, terms, draw);
        if (isOpened) assert.equal(login.take(PAYLOAD.openSessionResponse, opened).next, 'send');
        for (const [type, bytes] of packets) assert.notEqual(login.take(type, bytes).next, 'up');
      },
    ),
    RUNS,
  );
});
