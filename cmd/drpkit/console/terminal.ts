import type { ReadStream } from 'node:tty';

/** What a terminal is here: `process.stdin`, which may be a pipe as well. */
export type Keyboard = Pick<ReadStream, 'on' | 'off' | 'pause' | 'resume'> &
  Partial<Pick<ReadStream, 'isTTY' | 'isRaw' | 'setRawMode'>>;

/** Gives each key as it is pressed, Ctrl-C too, until it is disposed of: then the terminal is as it was before. */
export class RawTerminal implements Disposable {
  readonly #keyboard: Keyboard;
  readonly #restore: () => void;

  constructor(keyboard: Keyboard, onKeys: (characters: Buffer) => void, onEnd: () => void) {
    this.#keyboard = keyboard;
    const wasRaw = keyboard.isRaw === true;
    const isTerminal = keyboard.isTTY === true;
    const keys = (characters: Buffer) => onKeys(characters);
    this.#restore = () => {
      // The shell that comes after is to find its terminal, however this process ends.
      process.off('exit', this.#restore);
      if (isTerminal) keyboard.setRawMode?.(wasRaw);
      keyboard.off('data', keys);
      keyboard.off('end', onEnd);
      keyboard.pause();
    };
    process.on('exit', this.#restore);
    if (isTerminal) keyboard.setRawMode?.(true);
    keyboard.on('data', keys);
    keyboard.on('end', onEnd);
    keyboard.resume();
  }

  get isTerminal(): boolean {
    return this.#keyboard.isTTY === true;
  }

  [Symbol.dispose](): void {
    this.#restore();
  }
}
