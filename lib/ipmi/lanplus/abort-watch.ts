/** Somebody who waits, and is told why no more. */
interface Waiting {
  fail(reason: unknown): void;
}

interface Watch {
  readonly waiting: Set<Waiting>;
  readonly onAbort: () => void;
  users: number;
}

/**
 * Listens to signals for many waits that come one after the other. To listen anew for each datagram would cost as much as the
 * datagram; to go on listening would keep signals that are made of others in memory.
 */
export class AbortWatch {
  readonly #watches = new Map<AbortSignal, Watch>();

  /** Who is in the set when the signal is aborted fails with its reason. `leave` has to be called as often. */
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
