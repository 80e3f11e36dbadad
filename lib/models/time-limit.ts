/**
 * A signal that is aborted after a number of milliseconds unless it is disposed of before. AbortSignal.timeout cannot
 * be disposed of: it and its listeners stay in memory until the time is up, which adds up with many calls.
 */
export class TimeLimit implements Disposable {
  readonly #controller = new AbortController();
  readonly #timer: NodeJS.Timeout;

  constructor(milliseconds: number) {
    const expire = () => this.#controller.abort(new DOMException('The time is up', 'TimeoutError'));
    this.#timer = setTimeout(expire, milliseconds);
    // The timer alone does not keep the process alive.
    this.#timer.unref();
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  [Symbol.dispose](): void {
    clearTimeout(this.#timer);
  }
}
