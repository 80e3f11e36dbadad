import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  readSolPacket,
  SOL_BREAK,
  SOL_STATUS,
  type SolPacket,
  SolStream,
  solPacket,
} from '../../../lib/ipmi/lanplus/sol.ts';
import { fc } from '../../support/properties.ts';

/** A payload of the BMC. */
function from(packet: Partial<SolPacket>): Buffer {
  return solPacket({
    sequence: 0,
    acknowledged: 0,
    accepted: 0,
    flags: 0,
    characters: Buffer.alloc(0),
    ...packet,
  });
}

function sent(payload: Buffer | undefined): { sequence: number; flags: number; text: string } {
  const { sequence, flags, characters } =
    readSolPacket(payload ?? assert.fail('nothing was sent')) ?? assert.fail();
  return { sequence, flags, text: characters.toString() };
}

const printed = (sequence: number, text: string) => from({ sequence, characters: Buffer.from(text) });

test('30 (go-ipmi#86): what is printed is acknowledged at once, by its number and its length', () => {
  const stream = new SolStream();
  const { output, send } = stream.take(printed(7, 'login: '));
  assert.equal(output.toString(), 'login: ');
  assert.deepEqual(send, [from({ acknowledged: 7, accepted: 7 })]);
});

test('30 (go-ipmi#90): what comes again is acknowledged again and not shown again, with more than before the rest', () => {
  const stream = new SolStream();
  assert.equal(stream.take(printed(1, 'abc')).output.toString(), 'abc');
  const again = stream.take(printed(1, 'abc'));
  assert.deepEqual([again.output.length, again.send], [0, [from({ acknowledged: 1, accepted: 3 })]]);
  assert.equal(stream.take(printed(1, 'abcdef')).output.toString(), 'def');
  assert.equal(stream.take(printed(2, 'ghi')).output.toString(), 'ghi');
  // The first one again, late; then another one that happens to have its number.
  assert.equal(stream.take(printed(1, 'abcdef')).output.length, 0);
  assert.equal(stream.take(printed(1, 'xyz')).output.toString(), 'xyz');
});

test('30 (go-ipmi#92): what was not taken of what is typed goes under a new number, and nothing is typed twice', () => {
  const stream = new SolStream();
  assert.deepEqual(sent(stream.type(Buffer.from('reboot\r'))), { sequence: 1, flags: 0, text: 'reboot\r' });
  assert.equal(stream.type(Buffer.from('more')), undefined);
  const { send, isAnswered } = stream.take(from({ acknowledged: 1, accepted: 3 }));
  assert.equal(isAnswered, true);
  assert.deepEqual(send.map(sent), [{ sequence: 2, flags: 0, text: 'oot\r' }]);
  // The acknowledgement of the first one, again.
  assert.deepEqual(stream.take(from({ acknowledged: 1, accepted: 3 })).send, []);
  assert.deepEqual(stream.take(from({ acknowledged: 2, accepted: 4 })).send.map(sent), [
    { sequence: 3, flags: 0, text: 'more' },
  ]);
  assert.equal(stream.isWaiting, true);
  assert.deepEqual(stream.take(from({ acknowledged: 3, accepted: 4 })).send, []);
  assert.deepEqual([stream.isWaiting, stream.unsent], [false, 0]);
});

test('30 (go-ipmi#86): what the BMC refuses for now is sent again later, under a new number', () => {
  const stream = new SolStream();
  stream.type(Buffer.from('abc'));
  const nack = SOL_STATUS.nack | SOL_STATUS.unavailable;
  assert.deepEqual(stream.take(from({ acknowledged: 1, accepted: 1, flags: nack })).send, []);
  assert.deepEqual(sent(stream.again()), { sequence: 2, flags: 0, text: 'bc' });
  stream.take(from({ acknowledged: 2, accepted: 2 }));
  assert.equal(stream.again(), undefined);
});

test('what the BMC refuses, and takes when its repetition comes, is not typed again', () => {
  const stream = new SolStream();
  stream.type(Buffer.from('abc'));
  const nack = { flags: SOL_STATUS.nack | SOL_STATUS.unavailable };
  // Sent twice: the first one is refused, the second one is taken.
  assert.equal(sent(stream.again()).sequence, 1);
  stream.take(from({ acknowledged: 1, accepted: 0, ...nack }));
  stream.take(from({ acknowledged: 1, accepted: 2 }));
  assert.deepEqual(sent(stream.again()), { sequence: 3, flags: 0, text: 'c' });
  // What was taken in part is a repetition of that answer.
  stream.take(from({ acknowledged: 3, accepted: 0, ...nack }));
  stream.take(from({ acknowledged: 1, accepted: 2 }));
  stream.take(from({ acknowledged: 3, accepted: 0, ...nack }));
  assert.deepEqual(sent(stream.again()), { sequence: 4, flags: 0, text: 'c' });
});

test('numbers go on from those of the console before, since some BMCs take the same one for a repetition', () => {
  const stream = new SolStream(0, 14);
  assert.equal(sent(stream.type(Buffer.from('a'))).sequence, 15);
  assert.deepEqual(stream.take(from({ acknowledged: 15, accepted: 1 })).send, []);
  assert.equal(sent(stream.type(Buffer.from('b'))).sequence, 1);
  assert.equal(stream.sequence, 1);
});

test('a packet that is not acknowledged is sent again as it was', () => {
  const stream = new SolStream();
  const first = stream.type(Buffer.from('abc'));
  stream.type(Buffer.from('def'));
  assert.deepEqual(stream.again(), first);
  assert.deepEqual(stream.again(), first);
});

test('a break is sent in its turn, again until it is acknowledged', () => {
  const stream = new SolStream();
  stream.type(Buffer.from('a'));
  assert.equal(stream.type('break'), undefined);
  stream.type(Buffer.from('b'));
  const [next] = stream.take(from({ acknowledged: 1, accepted: 1 })).send;
  assert.deepEqual(sent(next), { sequence: 2, flags: SOL_BREAK, text: '' });
  assert.deepEqual(stream.take(from({ acknowledged: 2, flags: SOL_STATUS.nack })).send, []);
  assert.deepEqual(sent(stream.again()), { sequence: 3, flags: SOL_BREAK, text: '' });
  const [last] = stream.take(from({ acknowledged: 3 })).send;
  assert.deepEqual(sent(last), { sequence: 4, flags: 0, text: 'b' });
});

test('payloads have what the BMC takes, 200 characters at most, and that where it tells none', () => {
  for (const [told, most] of [
    [0, 200],
    [3, 200],
    [64, 60],
    [204, 200],
    [0xffff, 200],
  ] as const) {
    const stream = new SolStream(told);
    assert.equal(sent(stream.type(Buffer.alloc(1_000, 0x61))).text.length, most);
  }
});

test('the BMC ends the console, or has lost characters, in any packet', () => {
  const stream = new SolStream();
  const { isOver, output } = stream.take(
    from({ sequence: 1, flags: SOL_STATUS.inactive, characters: Buffer.from('bye') }),
  );
  assert.deepEqual([isOver, output.toString()], [true, 'bye']);
  assert.equal(stream.take(from({ flags: SOL_STATUS.overrun })).hasLost, true);
});

/** Types `text` over a link that loses (0), doubles (1) and delays (2) packets, and then works for long enough. */
function heardOverLink(luck: readonly number[], text: string): string {
  // Two consoles at each other's ends: each is to the other what a BMC is.
  const [one, other] = [new SolStream(20), new SolStream(20)];
  const wire: { to: SolStream; payload: Buffer }[] = [];
  let [typed, heard] = [text, ''];
  const put = (to: SolStream, payload: Buffer | undefined) => payload && wire.push({ to, payload });
  for (const chance of [...luck, ...new Array<number>(400).fill(5)]) {
    if (typed !== '' && chance > 2) {
      put(other, one.type(Buffer.from(typed.slice(0, 7))));
      typed = typed.slice(7);
    }
    const next = wire.shift();
    if (next === undefined) put(other, one.again());
    else if (chance === 1) wire.unshift(next, next);
    else if (chance === 2) wire.push(next);
    else if (chance > 2) {
      const step = next.to.take(next.payload);
      if (next.to === other) heard += step.output.toString();
      for (const payload of step.send) put(next.to === other ? one : other, payload);
    }
  }
  return heard;
}

test('over any link that loses, doubles and delays, all that is typed and printed arrives once and in order', () => {
  fc.assert(
    fc.property(
      fc.array(fc.nat({ max: 5 }), { minLength: 50, maxLength: 300 }),
      fc.string({ minLength: 1, maxLength: 60 }),
      (luck, text) => assert.equal(heardOverLink(luck, text), Buffer.from(text).toString()),
    ),
    { numRuns: 200 },
  );
});

test('no bytes make the console throw', () => {
  fc.assert(
    fc.property(fc.array(fc.uint8Array({ maxLength: 12 }), { maxLength: 20 }), (payloads) => {
      const stream = new SolStream();
      stream.type(Buffer.from('typed'));
      for (const payload of payloads) {
        stream.take(Buffer.from(payload));
        stream.again();
      }
    }),
    { numRuns: 500 },
  );
});
