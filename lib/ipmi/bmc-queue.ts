import { abortError, refusal } from '../models/index.ts';
import { KeyedQueue } from '../process/index.ts';

export interface BmcQueueRules {
  maxChildren: number;
  maxSilent?: number;
  waitLimitMs: number;
}

/** A BMC that answers has mostly done so by then. */
const SILENT_AFTER_MS = 1_000;

/**
 * Who may talk to which BMC when. Work on one BMC is done one after the other, since BMCs have few sessions and forget
 * boot options when asked across each other; different BMCs do not wait for each other, up to a bound on children.
 */
export class BmcQueue {
  readonly #queue: KeyedQueue;

  /**
   * `maxChildren` processes may run at once, and `maxSilent` more that only wait for a BMC which does not answer. A wait
   * for a turn of either kind has a limit.
   */
  constructor({ maxChildren, maxSilent = 0, waitLimitMs }: BmcQueueRules) {
    this.#queue = new KeyedQueue({
      atOnce: maxChildren,
      ...(maxSilent === 0 ? {} : { slow: { afterMs: SILENT_AFTER_MS, atOnce: maxSilent } }),
      waitLimitMs,
      cancelled: (bmc, signal) => abortError(`BMC ${bmc}`, signal),
      late: (bmc, limitMs) =>
        refusal(503, `BMC ${bmc}: earlier calls were not done after ${limitMs / 1000} s`),
    });
  }

  /**
   * Runs `work` while nobody else works on the BMC of this name. Throws ModelError 503 after an abort or when earlier
   * work takes too long, and what `work` throws.
   */
  withBmc<T>(name: string, signal: AbortSignal, work: () => Promise<T>): Promise<T> {
    return this.#queue.alone(name, signal, work);
  }

  /** Runs `task`, which starts one child, for a BMC that may have been silent before. Throws as `withBmc` does. */
  child<T>(name: string, signal: AbortSignal, task: () => Promise<T>, wasSilent = false): Promise<T> {
    return this.#queue.task(name, signal, task, wasSilent ? 'slow' : undefined);
  }
}
