import type { Readable } from 'node:stream';
import { type Question, tolerantGet } from './tolerant-get.ts';

type Reread = Awaited<ReturnType<typeof tolerantGet>>;

/**
 * Watches an answer whose parser may wait without an error for the end of a chunk. When no part has arrived for `stallMs`, a
 * GET is repeated by `tolerantGet`, and the stream is destroyed if that has an answer; other requests are not repeated,
 * and their stream is destroyed at once.
 */
export class StallWatch {
  readonly #stream: Readable;
  readonly #question: Question;
  readonly #mayRepeat: boolean;
  readonly #ending = new AbortController();
  #timer: NodeJS.Timeout | undefined;
  #hasStalled = false;
  #reread: Reread;

  constructor(stream: Readable, question: Question, { mayRepeat }: { mayRepeat: boolean }) {
    this.#stream = stream;
    this.#question = question;
    this.#mayRepeat = mayRepeat;
  }

  begin(stallMs: number): void {
    this.#timer = setTimeout(() => this.#stall(), stallMs);
  }

  /** Call it for each part that arrives. */
  heard(): void {
    this.#timer?.refresh();
  }

  end(): void {
    clearTimeout(this.#timer);
    this.#ending.abort();
  }

  get hasStalled(): boolean {
    return this.#hasStalled;
  }

  /** The answer to the repeated GET. */
  get reread(): Reread {
    return this.#reread;
  }

  #stall(): void {
    this.#hasStalled = true;
    if (!this.#mayRepeat) {
      this.#stream.destroy();
      return;
    }
    tolerantGet(this.#question, this.#ending.signal).then(
      (answer) => {
        if (answer === undefined) return;
        this.#reread = answer;
        this.#stream.destroy();
      },
      () => {},
    );
  }
}
