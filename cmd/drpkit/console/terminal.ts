import type { ReadStream } from 'node:tty';

/** The input stream: `process.stdin`, which may be a pipe. */
export type Keyboard = Pick<ReadStream, 'on' | 'off' | 'pause' | 'resume'> &
  Partial<Pick<ReadStream, 'isTTY' | 'isRaw' | 'setRawMode'>>;

/**
 * Switches the terminal to raw mode, which passes on each key including Ctrl-C. Disposing of it restores the terminal.
 */
export class RawTerminal implements Disposable {
  readonly #keyboard: Keyboard;
  readonly #restore: () => void;

  constructor(keyboard: Keyboard, onKeys: (characters: Buffer) => void, onEnd: () => void) {
    this.#keyboard = keyboard;
    const wasRaw = keyboard.isRaw === true;
    const isTerminal = keyboard.isTTY === true;
    const keys = (characters: Buffer) => onKeys(characters);
    this.#restore = () => {
      // Also restores it at exit, for the shell.
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
