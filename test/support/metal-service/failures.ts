/** What goes wrong with requests that a test has chosen. */
export interface Failure {
  /** Any method unless given. */
  method?: string;
  /** Any path below the API's base unless given. */
  path?: RegExp;
  /** How many requests it happens to; all unless given. */
  times?: number;
  /**
   * `status`: the request is refused with it, and not carried out. `cut`: the connection is closed, and nothing carried
   * out; `cut-after`: it is carried out, then the connection is closed. `hang`: nothing is carried out or answered.
   * `late`: it is carried out and answered when `delay` milliseconds are over and `after` has come, also for a client that
   * is gone by then.
   */
  how: 'status' | 'cut' | 'cut-after' | 'hang' | 'late';
  status?: number;
  /** The text of the JSON error. */
  message?: string;
  /** Sent in place of a JSON error, as by a load balancer. */
  raw?: string;
  headers?: Record<string, string>;
  delay?: number;
  after?: Promise<unknown>;
}

/** The failures that are to happen, the first that fits first. */
export class Failures {
  #failures: { failure: Failure; left: number }[] = [];

  add(failure: Failure): void {
    this.#failures.push({ failure, left: failure.times ?? Number.POSITIVE_INFINITY });
  }

  clear(): void {
    this.#failures = [];
  }

  take(method: string, path: string): Failure | undefined {
    const found = this.#failures.find(
      ({ failure, left }) =>
        left > 0 &&
        (failure.method === undefined || failure.method === method) &&
        (failure.path === undefined || failure.path.test(path)),
    );
    if (found !== undefined) found.left -= 1;
    return found?.failure;
  }
}
