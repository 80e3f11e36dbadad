import type { Jobs } from '../api/index.ts';
import { retryDuringOutage } from './outage.ts';

/** Sent immediately when so many bytes are waiting. */
const BUFFER_BYTES = 64 * 1024;
/** A writing script waits when so many bytes are waiting. */
const MOST_BYTES = 4 * BUFFER_BYTES;
const INTERVAL_MS = 1000;
/** How long in ms the rest is tried to be sent when the agent ends. */
const LAST_MS = 5_000;

/**
 * The log of a job at the endpoint. Text is sent every second, or earlier when there is much. Nothing is lost while the
 * endpoint does not answer: writers wait. A part may be there twice after a broken request.
 */
export class JobLog {
  readonly #jobs: Jobs;
  readonly #job: string;
  readonly #hurry = new AbortController();
  #pieces: Uint8Array[] = [];
  #size = 0;
  #timer: NodeJS.Timeout | undefined;
  #sending: Promise<void> | undefined;
  /** Why nothing more is sent. */
  #lost: unknown;

  constructor(jobs: Jobs, job: string) {
    this.#jobs = jobs;
    this.#job = job;
  }

  /** Why the log at the endpoint is incomplete; undefined when it is complete. */
  get lost(): unknown {
    return this.#lost;
  }

  /** Resolves when there is room for more. */
  async write(piece: Uint8Array): Promise<void> {
    if (this.#lost !== undefined || piece.length === 0) return;
    this.#pieces.push(piece);
    this.#size += piece.length;
    if (this.#size >= BUFFER_BYTES) void this.#send();
    else this.#timer ??= setTimeout(() => void this.#send(), INTERVAL_MS);
    while (this.#size > MOST_BYTES && this.#lost === undefined) await this.#send();
  }

  /** The agent is about to end: gives up what cannot be sent soon. */
  hurry(): void {
    setTimeout(() => this.#hurry.abort(), LAST_MS).unref();
  }

  /** Sends the rest. */
  async close(): Promise<void> {
    while (this.#size > 0 && this.#lost === undefined) await this.#send();
    clearTimeout(this.#timer);
  }

  #send(): Promise<void> {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#sending ??= this.#sendAll().finally(() => {
      this.#sending = undefined;
    });
    return this.#sending;
  }

  async #sendAll(): Promise<void> {
    const body = Buffer.concat(this.#pieces);
    this.#pieces = [];
    try {
      const { signal } = this.#hurry;
      await retryDuringOutage(() => this.#jobs.appendLog(this.#job, body, { signal }), { signal });
    } catch (error) {
      this.#lost = error;
    }
    this.#size -= body.length;
  }
}
