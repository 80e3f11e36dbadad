/** Passes values to one reader, one at a time. Writers wait until their value is taken. */
export class Channel<T> implements AsyncIterable<T> {
  readonly #waiting: { value: T; taken: () => void }[] = [];
  #wake: (() => void) | undefined;
  #closed = false;

  /** Resolves when the reader has taken the value, or there is no reader any more. */
  async put(value: T): Promise<void> {
    if (this.#closed) return;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#waiting.push({ value, taken: resolve });
    this.#wake?.();
    return promise;
  }

  /** Values that were put before are still delivered to a reader that continues. */
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
