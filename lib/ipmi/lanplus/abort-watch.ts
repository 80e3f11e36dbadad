/** A caller that waits, and must be told about an abort. */
interface Waiting {
  fail(reason: unknown): void;
}

interface Watch {
  readonly waiting: Set<Waiting>;
  readonly onAbort: () => void;
  users: number;
}

/**
 * Watches signals for many short waits. Adding a listener for each datagram would cost as much as the datagram; keeping
 * listeners would keep derived signals in memory.
 */
export class AbortWatch {
  readonly #watches = new Map<AbortSignal, Watch>();

  /**
   * When `signal` is aborted, the members of the returned set fail with its reason. Each call needs a call of `leave`.
   */
  enter(signal: AbortSignal): Set<Waiting> {
    const watch = this.#watches.get(signal) ?? this.#begin(signal);
    watch.users += 1;
    return watch.waiting;
  }

  leave(signal: AbortSignal): void {
    const watch = this.#watches.get(signal);
    if (watch === undefined) return;
    watch.users -= 1;
    if (watch.users > 0) return;
    this.#watches.delete(signal);
    signal.removeEventListener('abort', watch.onAbort);
  }

  #begin(signal: AbortSignal): Watch {
    const waiting = new Set<Waiting>();
    const onAbort = () => {
      for (const one of waiting) one.fail(signal.reason);
    };
    const watch = { waiting, onAbort, users: 0 };
    this.#watches.set(signal, watch);
    signal.addEventListener('abort', onAbort);
    return watch;
  }
}
