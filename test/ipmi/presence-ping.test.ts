import assert from 'node:assert/strict';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { test } from 'node:test';
import { type AskOptions, ipmiVersions, presencePing } from '../../lib/ipmi/index.ts';
import { freePort } from '../support/ipmi-simulator.ts';
import { until } from '../support/until.ts';

/** What answers a datagram: other datagrams, one after the other. */
type Answer = (question: Buffer, count: number) => (string | Buffer)[];

/** A UDP service on loopback. */
async function responder(answer: Answer, address = '127.0.0.21') {
  const socket = createSocket(address.includes(':') ? 'udp6' : 'udp4');
  const questions: Buffer[] = [];
  socket.on('message', (question, { port, address: from }) => {
    questions.push(question);
    for (const packet of answer(question, questions.length)) {
      socket.send(typeof packet === 'string' ? bytes(packet) : packet, port, from);
    }
  });
  socket.bind(0, address);
  await once(socket, 'listening');
  return {
    target: { address, port: (socket.address() as AddressInfo).port },
    questions,
    [Symbol.dispose]: () => void socket.close(),
  };
}

const bytes = (text: string) => Buffer.from(text.replaceAll(' ', ''), 'hex');

const never = new AbortController().signal;
const patient: AskOptions = { tries: 1, waitMs: 30_000, signal: never };

/** A pong to `ping` with this data: enterprise, OEM, entities, interactions, six reserved bytes. */
function pong(ping: Buffer, data = '000011be 00000000 81 00 000000000000'): Buffer {
  const tag = ping.subarray(9, 10).toString('hex');
  return bytes(`0600ff06 000011be 40 ${tag} 00 10 ${data}`);
}

test('a presence ping is as ASF has it, and the pong says whether IPMI is there', async () => {
  using bmc = await responder((ping) => [pong(ping)]);
  assert.deepEqual(await presencePing(bmc.target, patient), { ipmi: true, vendor: undefined });
  const [ping = Buffer.alloc(0)] = bmc.questions;
  assert.match(ping.toString('hex'), /^0600ff06000011be80..0000$/);
  assert.notEqual(ping[9], 0xff);
});

test('a pong without IPMI, and one with a vendor of its own, say so', async () => {
  using bmc = await responder((ping) => [pong(ping, '000002a2 01020304 01 00 000000000000')]);
  assert.deepEqual(await presencePing(bmc.target, patient), { ipmi: false, vendor: 674 });
});

test('what is no pong to this ping is left, and waiting goes on', async () => {
  using bmc = await responder((ping) => {
    const other = Buffer.from(pong(ping));
    other[9] = ((other[9] ?? 0) + 1) % 255;
    const wrong = [0, 3, 4, 8].map((index) => {
      const packet = Buffer.from(pong(ping));
      packet[index] = 0x55;
      return packet;
    });
    return ['', '06', ping, other, pong(ping).subarray(0, 20), ...wrong, Buffer.alloc(2000), pong(ping)];
  });
  assert.equal((await presencePing(bmc.target, patient))?.ipmi, true);
});

test('a lost ping is sent again, the same one', async () => {
  using bmc = await responder((ping, count) => (count < 3 ? [] : [pong(ping)]));
  const options = { ...patient, tries: 1000, waitMs: 10 };
  assert.equal((await presencePing(bmc.target, options))?.ipmi, true);
  assert.deepEqual(bmc.questions[2], bmc.questions[0]);
});

test('a port that is silent or closed, and an address that cannot be reached, are reported as absent', async () => {
  using silent = await responder(() => []);
  const quick = { tries: 2, waitMs: 10, signal: never };
  assert.equal(await presencePing(silent.target, quick), undefined);
  await until(() => silent.questions.length === 2, 'both pings');
  const closed = { address: '127.0.0.21', port: await freePort('127.0.0.21') };
  assert.equal(await presencePing(closed, patient), undefined);
  // A broadcast address is refused by the system itself.
  assert.equal(await presencePing({ address: '127.255.255.255', port: 623 }, patient), undefined);
});

test('an answer from another port or address is not heard', async () => {
  const stranger = createSocket('udp4');
  const { promise: sent, resolve } = Promise.withResolvers<void>();
  const silent = createSocket('udp4');
  silent.on('message', (ping, { port, address }) =>
    stranger.send(pong(ping), port, address, () => resolve()),
  );
  silent.bind(0, '127.0.0.21');
  await once(silent, 'listening');
  try {
    const target = { address: '127.0.0.21', port: (silent.address() as AddressInfo).port };
    const controller = new AbortController();
    const answer = presencePing(target, { ...patient, signal: controller.signal });
    const outcome = assert.rejects(answer, /enough/);
    await sent;
    controller.abort(new Error('enough'));
    await outcome;
  } finally {
    silent.close();
    stranger.close();
  }
});

test('an abort ends the waiting with its reason', async () => {
  using silent = await responder(() => []);
  const stopping = new AbortController();
  const reason = new Error('stop');
  const answer = presencePing(silent.target, { ...patient, signal: stopping.signal });
  const outcome = assert.rejects(answer, (error) => error === reason);
  await until(() => silent.questions.length === 1, 'the ping');
  stopping.abort(reason);
  await outcome;
  const late = presencePing(silent.target, { ...patient, signal: stopping.signal });
  await assert.rejects(late, (error) => error === reason);
});

test('IPv6 addresses are asked as well', async () => {
  using bmc = await responder((ping) => [pong(ping)], '::1');
  assert.equal((await presencePing(bmc.target, patient))?.ipmi, true);
});

const RMCP = '0600ff07';
const NO_SESSION = '00 00000000 00000000';

test('the IPMI versions are asked with no session, and read from the capabilities of the channel', async () => {
  // A real one, of ipmi_sim; then 2.0 alone, neither, no extended data, and a refusal as IPMI 1.5 has it.
  const cases: [message: string, versions: string[]][] = [
    ['10 811c63 200038 00 01 97 05 03 00000000 08', ['1.5', '2.0']],
    ['10 811c63 200038 00 01 80 05 02 00000000 21', ['2.0']],
    ['10 811c63 200038 00 01 80 05 00 00000000 23', []],
    ['10 811c63 200038 00 01 17 05 00 00000000 8b', ['1.5']],
    ['08 811c63 200038 cc dc', ['1.5']],
  ];
  for (const [message, versions] of cases) {
    using bmc = await responder(() => [
      '0600ff06',
      `${RMCP} 06 00`,
      `${RMCP} ${NO_SESSION} 08 811c63 200001 c1 1e`,
      `${RMCP} ${NO_SESSION} ${message}`,
    ]);
    assert.deepEqual(await ipmiVersions(bmc.target, patient), versions, message);
    assert.equal(bmc.questions[0]?.toString('hex'), '0600ff07000000000000000000092018c88100388e04b5');
  }
});

test('a BMC that does not tell its IPMI versions has none', async () => {
  using silent = await responder(() => []);
  assert.deepEqual(await ipmiVersions(silent.target, { tries: 1, waitMs: 1, signal: never }), []);
});
