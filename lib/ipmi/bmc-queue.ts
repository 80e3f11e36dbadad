import { abortError, refusal } from '../models/index.ts';
import { KeyedQueue } from '../process/index.ts';

export interface BmcQueueRules {
  maxChildren: number;
  maxSilent?: number;
  waitLimitMs: number;
}

/** How long in ms a BMC may take before it counts as silent. BMCs that answer have mostly done so by then. */
const SILENT_AFTER_MS = 1_000;

/**
 * Schedules work on BMCs. Work on one BMC is sequential, since BMCs have few sessions, and interleaved commands make
 * them forget boot options. Different BMCs run in parallel, up to a limit of child processes.
 */
export class BmcQueue {
  readonly #queue: KeyedQueue;

  /**
   * At most `maxChildren` processes run at once, plus `maxSilent` for BMCs that do not answer. Waiting for either is
   * limited to `waitLimitMs`.
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
   * Runs `work` with exclusive access to the BMC of this name. Throws ModelError 503 after an abort or when earlier
   * work takes too long, and what `work` throws.
   */
  withBmc<T>(name: string, signal: AbortSignal, work: () => Promise<T>): Promise<T> {
    return this.#queue.alone(name, signal, work);
  }

  /** Runs `task`, which starts one child process. `wasSilent`: the BMC did not answer before. Throws like `withBmc`. */
  child<T>(name: string, signal: AbortSignal, task: () => Promise<T>, wasSilent = false): Promise<T> {
    return this.#queue.task(name, signal, task, wasSilent ? 'slow' : undefined);
  }
}
