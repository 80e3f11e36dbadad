/**
 * What a method is to answer in place of what it would:
 *
 * - `error`: an answer with `ok: false`
 * - `status`: that HTTP status, with `body`
 * - `retryAfter`: 429, with that many seconds; none in the header when it is null
 * - `hang`: nothing, ever
 * - `cut`: nothing, and the connection is closed; with `after` the call is carried out first
 */
export type Failure =
  | { error: string; more?: Readonly<Record<string, unknown>> }
  | { status: number; body?: string }
  | { retryAfter: number | null }
  | { hang: true }
  | { cut: true; after?: boolean };

/** Failures on demand, by method. */
export class Failures {
  readonly #waiting = new Map<string, Failure[]>();

  /** The next `times` calls of a method fail. */
  add(method: string, failure: Failure, times = 1): void {
    const waiting = this.#waiting.get(method) ?? [];
    waiting.push(...Array.from({ length: times }, () => failure));
    this.#waiting.set(method, waiting);
  }

  take(method: string): Failure | undefined {
    return this.#waiting.get(method)?.shift();
  }
}
