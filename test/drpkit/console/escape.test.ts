import assert from 'node:assert/strict';
import { EventEmitter } from 'node:events';
import { test } from 'node:test';
import { Escape } from '../../../cmd/drpkit/console/escape.ts';
import { type Keyboard, RawTerminal } from '../../../cmd/drpkit/console/terminal.ts';
import { fc } from '../../support/properties.ts';

/** What is typed, with what is meant for drpkit in brackets. */
function typed(...pieces: string[]): string {
  const keys = new Escape();
  return pieces
    .flatMap((piece) => keys.take(Buffer.from(piece)))
    .map((found) => (typeof found === 'string' ? `<${found}>` : found.characters.toString()))
    .join('');
}

test('a ~ at the beginning of a line is for drpkit, however it is typed', () => {
  for (const [pieces, expected] of [
    [['~.'], '<end>'],
    [['~', '.'], '<end>'],
    [['ls\r~.'], 'ls\r<end>'],
    [['ls\n', '~', '?', 'x'], 'ls\n<help>x'],
    [['~B~B'], '<break><break>'],
    [['~~.'], '~.'],
    [['~~', '~.'], '~~.'],
    [['a~.'], 'a~.'],
    [['~x~.'], '~x~.'],
    [['~\r~.'], '~\r<end>'],
    [['cd ~\r'], 'cd ~\r'],
    [['~'], ''],
  ] as const) {
    assert.equal(typed(...pieces), expected, JSON.stringify(pieces));
  }
});

test('without a ~ all is typed as it is, in whatever pieces it comes', () => {
  fc.assert(
    fc.property(fc.array(fc.string({ maxLength: 6 }), { maxLength: 6 }), (pieces) => {
      const plain = pieces.map((piece) => piece.replaceAll('~', '-'));
      assert.equal(typed(...plain), plain.map((piece) => Buffer.from(piece).toString()).join(''));
    }),
    { numRuns: 100 },
  );
});

/** A terminal without one. */
class FakeKeyboard extends EventEmitter {
  isTTY = true;
  isRaw = false;
  isPaused = true;

  setRawMode(isRaw: boolean): this {
    this.isRaw = isRaw;
    return this;
  }

  pause(): this {
    this.isPaused = true;
    return this;
  }

  resume(): this {
    this.isPaused = false;
    return this;
  }
}

test('the terminal is as it was before, however it ends', () => {
  for (const end of ['dispose', 'error', 'exit'] as const) {
    const keyboard = new FakeKeyboard();
    const keys: string[] = [];
    const before = process.listenerCount('exit');
    const use = () => {
      using _terminal = new RawTerminal(
        keyboard as unknown as Keyboard,
        (characters) => keys.push(String(characters)),
        () => keys.push('end'),
      );
      assert.deepEqual([keyboard.isRaw, keyboard.isPaused], [true, false]);
      keyboard.emit('data', Buffer.from('x'));
      keyboard.emit('end');
      // As when the process is ended in the middle.
      if (end === 'exit') process.listeners('exit').at(-1)?.call(process, 0);
      if (end === 'error') throw new Error('on purpose');
    };
    if (end === 'error') assert.throws(use, /on purpose/);
    else use();
    keyboard.emit('data', Buffer.from('y'));
    assert.deepEqual([keyboard.isRaw, keyboard.isPaused, keys], [false, true, ['x', 'end']], end);
    assert.equal(process.listenerCount('exit'), before);
  }
});
