import type { Reply } from './endpoint-api.ts';

/** The results of calls of one kind. */
export interface Count {
  done: number;
  /** Refusals by status. */
  refused: Record<string, number>;
  /** Why calls have no answer. */
  unanswered: string[];
  /** Seconds of the slowest call. */
  slowest: number;
}

/** Keeps count of calls and their answers. */
export class Tally {
  readonly counts = new Map<string, Count>();

  /** Makes a call, counts it, and returns its answer, if any. */
  async of(kind: string, call: () => Promise<Reply>): Promise<Reply | undefined> {
    const count = this.counts.get(kind) ?? { done: 0, refused: {}, unanswered: [], slowest: 0 };
    this.counts.set(kind, count);
    const begun = performance.now();
    try {
      const reply = await call();
      const { status } = reply;
      if (status < 300) count.done += 1;
      else count.refused[status] = (count.refused[status] ?? 0) + 1;
      return reply;
    } catch (error) {
      count.unanswered.push(error instanceof Error ? error.message : String(error));
      return undefined;
    } finally {
      count.slowest = Math.max(count.slowest, (performance.now() - begun) / 1000);
    }
  }
}
