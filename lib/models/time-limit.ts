/**
 * A signal that is aborted after so many milliseconds, unless it is disposed of before. AbortSignal.timeout cannot end
 * early: it and what listens to it stay in memory until the time is up, which adds up where there are many calls.
 */
export class TimeLimit implements Disposable {
  readonly #controller = new AbortController();
  readonly #timer: NodeJS.Timeout;

  constructor(milliseconds: number) {
    const expire = () => this.#controller.abort(new DOMException('The time is up', 'TimeoutError'));
    this.#timer = setTimeout(expire, milliseconds);
    // Whoever waits has something else that keeps the process going.
    this.#timer.unref();
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  [Symbol.dispose](): void {
    clearTimeout(this.#timer);
  }
}
