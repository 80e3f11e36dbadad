/** Hands what is put into it to one reader, one at a time: whoever puts something waits until it is taken. */
export class Channel<T> implements AsyncIterable<T> {
  readonly #waiting: { value: T; taken: () => void }[] = [];
  #wake: (() => void) | undefined;
  #closed = false;

  /** Resolves when the reader has taken it, or there is no reader any more. */
  async put(value: T): Promise<void> {
    if (this.#closed) return;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#waiting.push({ value, taken: resolve });
    this.#wake?.();
    return promise;
  }

  /** What has been put is still handed out to a reader that goes on. */
  close(): void {
    this.#closed = true;
    for (const { taken } of this.#waiting) taken();
    this.#wake?.();
  }

  async *[Symbol.asyncIterator](): AsyncIterator<T, void> {
    for (;;) {
      const first = this.#waiting.shift();
      if (first !== undefined) {
        first.taken();
        yield first.value;
        continue;
      }
      if (this.#closed) return;
      const { promise, resolve } = Promise.withResolvers<void>();
      this.#wake = resolve;
      await promise;
      this.#wake = undefined;
    }
  }
}
