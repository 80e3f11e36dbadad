import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { LEVELS, type LevelledMessage, LevelReader, resultFrame } from '../../lib/core0/index.ts';
import { fc } from '../support/properties.ts';

const PIECE = 32 * 1024;

/** The messages of an output that comes in these pieces. */
function read(...pieces: string[]): LevelledMessage[] {
  const reader = new LevelReader(LEVELS.stdout);
  return [...pieces.flatMap((piece) => reader.add(piece)), ...reader.end()];
}

/** Whether coreX finds the end of a frame: it looks for it in each piece, and misses one cut within its first 2 to 4 bytes. */
function isSeen(frame: string): boolean {
  const start = Buffer.byteLength(frame) - '\n:::\n'.length;
  const inPiece = PIECE - (start % PIECE);
  return inPiece < 2 || inPiece > 4;
}

describe('levelled output', () => {
  const cases: [what: string, text: string, messages: [number, string][]][] = [
    [
      'lines without a level have that of their stream',
      'a\nb\n',
      [
        [1, 'a'],
        [1, 'b'],
      ],
    ],
    ['a line may begin with its level', '4::for operators\n', [[4, 'for operators']]],
    ['a block goes up to its end', '20:::{"a":\n1}\n\n:::\n', [[20, '{"a":\n1}\n']]],
    ['an address is read as 0-core reads it', '2001::1 is up\n', [[2001, '1 is up']]],
    ['a level in the middle of a line is text', 'x 20::y\n', [[1, 'x 20::y']]],
    [
      'a last line needs no newline',
      'a\n7::b',
      [
        [1, 'a'],
        [7, 'b'],
      ],
    ],
    ['a block without its end goes to the end of the output', '20:::1\n', [[20, '1\n']]],
    ['an empty block', '21:::\n:::\n', [[21, '']]],
    ['a level of more digits than any is text', '1234567890::x\n', [[1, '1234567890::x']]],
  ];
  for (const [what, text, messages] of cases) {
    test(what, () =>
      assert.deepEqual(
        read(text),
        messages.map(([level, text]) => ({ level, text })),
      ),
    );
  }

  test('comes in any pieces', () => {
    const parts = fc.array(fc.constantFrom('20:::', '4::', '\n', ':::', 'x', '7', '\n:::\n', 'é'), {
      maxLength: 20,
    });
    fc.assert(
      fc.property(parts, fc.nat(40), fc.nat(40), (words, a, b) => {
        const text = words.join('');
        const [first = 0, second = 0] = [a, b].map((at) => at % (text.length + 1)).sort((x, y) => x - y);
        assert.deepEqual(
          read(text.slice(0, first), text.slice(first, second), text.slice(second)),
          read(text),
        );
      }),
      { numRuns: 2000 },
    );
  });
});

test('the end of a result is never where coreX misses it', () => {
  let padded = 0;
  for (let length = PIECE * 2 - 40; length < PIECE * 2 + 20; length += 1) {
    const json = `"${'x'.repeat(length - 2)}"`;
    const frame = resultFrame(json);
    assert.ok(isSeen(frame), `${length} bytes of JSON`);
    const [message] = read(frame);
    assert.equal(message?.text.trimEnd(), json);
    if (frame.length > length + '20:::\n\n:::\n'.length) padded += 1;
  }
  assert.equal(padded, 3);
});
