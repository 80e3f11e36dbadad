import assert from 'node:assert/strict';
import { test } from 'node:test';
import { cipherSuite } from '../../../lib/ipmi/lanplus/cipher-suites.ts';
import { PAYLOAD, plainFrame, readFrame, sessionFrame } from '../../../lib/ipmi/lanplus/frame.ts';
import { answers, checksum, readResponse, requestMessage } from '../../../lib/ipmi/lanplus/message.ts';
import { packetKeys, seal, unseal } from '../../../lib/ipmi/lanplus/protection.ts';
import { Session } from '../../../lib/ipmi/lanplus/session.ts';

const SUITES = [17, 16, 8, 3, 2];
const CONSOLE_ID = 0x01020304;
const BMC_ID = 0xa0b0c0d0;
const STATUS = { netFn: 0x00, command: 0x01 };

function keysOf(id: number) {
  return packetKeys(cipherSuite(id) ?? assert.fail(), Buffer.alloc(20, 5));
}

/** A response as the BMC sends it, in a packet of this number. */
function response(id: number, sequence: number, request = 1, code = 0): Buffer {
  const body = Buffer.from([0x20, request << 2, STATUS.command, code, 0x21, 0x10, 0x40]);
  const message = Buffer.from([0x81, 0x04, 0x7b, ...body, checksum(body)]);
  return seal(keysOf(id), { payloadType: PAYLOAD.ipmi, sessionId: CONSOLE_ID, sequence }, message);
}

function frameOf(datagram: Buffer) {
  return readFrame(datagram) ?? assert.fail('no frame');
}

for (const id of SUITES) {
  test(`what suite ${id} seals for any length is opened again, and nothing that was changed on the way`, () => {
    const keys = keysOf(id);
    for (let length = 0; length < 40; length += 1) {
      const payload = Buffer.alloc(length, length);
      const datagram = seal(keys, { payloadType: PAYLOAD.ipmi, sessionId: BMC_ID, sequence: 9 }, payload);
      const frame = frameOf(datagram);
      assert.deepEqual(
        [frame.sessionId, frame.sequence, frame.authenticated, frame.encrypted],
        [BMC_ID, 9, true, [17, 8, 3].includes(id)],
      );
      // What the code is over has a multiple of four bytes (IPMI 2.0, table 13-8).
      assert.equal((frame.body.length - keys.suite.integrity.codeBytes) % 4, 0);
      assert.deepEqual(unseal(keys, frame), payload);
      for (let index = 4; index < datagram.length; index += 1) {
        const changed = Buffer.from(datagram);
        changed[index] = (changed[index] ?? 0) ^ 0x10;
        const other = readFrame(changed);
        assert.equal(other === undefined ? undefined : unseal(keys, other), undefined);
      }
    }
  });
}

test('a request has the bytes that IPMI gives it', () => {
  assert.equal(requestMessage(STATUS, 1).toString('hex'), '2000e08104017a');
  assert.equal(
    requestMessage({ netFn: 0x0a, command: 0x43, data: [0, 0, 1, 0, 0, 0xff], lun: 1 }, 66).toString('hex'),
    '2029b781084300000100 00ff34'.replaceAll(' ', ''),
  );
});

test('a response is told by its function, command and number', () => {
  const read = readResponse(Buffer.from('811c6320080100ffd8', 'hex')) ?? assert.fail();
  assert.equal(read.command, 1);
  assert.equal(answers(read, { netFn: 0x06, command: 0x01 }, 2), true);
  assert.equal(answers(read, { netFn: 0x06, command: 0x01 }, 3), false);
  assert.equal(answers(read, { netFn: 0x06, command: 0x02 }, 2), false);
  assert.equal(answers(read, { netFn: 0x0a, command: 0x01 }, 2), false);
});

test('packets are numbered from 1, also those that are sent again, and requests by 64', () => {
  const session = new Session(keysOf(3), CONSOLE_ID, BMC_ID);
  const first = session.request(STATUS);
  assert.equal(frameOf(first.datagram).sequence, 1);
  const again = session.again(first);
  assert.equal(frameOf(again).sequence, 2);
  assert.equal(unseal(keysOf(3), frameOf(again))?.[4], first.sequence << 2);
  const numbers = Array.from({ length: 64 }, () => session.request(STATUS).sequence);
  assert.equal(new Set(numbers).size, 64);
});

test('a BMC that has not been heard for twelve packets is lost, and one word from it is enough', () => {
  const session = new Session(keysOf(3), CONSOLE_ID, BMC_ID);
  for (let count = 0; count < 11; count += 1) session.request(STATUS);
  assert.equal(session.isLost, false);
  session.request(STATUS);
  assert.equal(session.isLost, true);
  assert.ok(session.openResponse(frameOf(response(3, 1))));
  assert.equal(session.isLost, false);
});

test('a packet is taken once, late or early by 32 at most', () => {
  const session = new Session(keysOf(3), CONSOLE_ID, BMC_ID);
  const taken = (sequence: number) => session.openResponse(frameOf(response(3, sequence))) !== undefined;
  assert.deepEqual([taken(1), taken(1), taken(2), taken(1)], [true, false, true, false]);
  // A BMC that shares its port skips numbers, and the network changes the order.
  assert.deepEqual([taken(20), taken(10), taken(10), taken(3)], [true, true, false, true]);
  assert.deepEqual([taken(53), taken(52), taken(20)], [false, true, false]);
  assert.equal(taken(52 - 33), false);
});

test('the numbers of packets go on after the largest with 1, and are compared around it', () => {
  const session = new Session(keysOf(3), CONSOLE_ID, BMC_ID);
  const taken = (sequence: number) => session.openResponse(frameOf(response(3, sequence))) !== undefined;
  assert.deepEqual([taken(0xffff_fffe), taken(3), taken(0xffff_ffff), taken(3)], [true, true, true, false]);
});

test('a packet of another session, without a code, or in the clear is dropped', () => {
  const session = new Session(keysOf(3), CONSOLE_ID, BMC_ID);
  const other = packetKeys(cipherSuite(3) ?? assert.fail(), Buffer.alloc(20, 6));
  const message = Buffer.from('81047b2004010021104083', 'hex');
  const packet = { payloadType: PAYLOAD.ipmi, sessionId: CONSOLE_ID, sequence: 1 };
  assert.equal(session.openResponse(frameOf(seal(other, packet, message))), undefined);
  assert.equal(session.openResponse(frameOf(plainFrame(PAYLOAD.ipmi, message))), undefined);
  const clear = sessionFrame({ ...packet, authenticated: false, encrypted: false, payload: message });
  assert.equal(session.openResponse(frameOf(clear)), undefined);
  assert.ok(session.openResponse(frameOf(seal(keysOf(3), packet, message))));
});

test("Close Session names the BMC's id", () => {
  const session = new Session(keysOf(17), CONSOLE_ID, BMC_ID);
  const message = unseal(keysOf(17), frameOf(session.close()));
  assert.equal(message?.subarray(5, 10).toString('hex'), '3cd0c0b0a0');
});
