import { once } from 'node:events';
import type { Client, EventStream, Machine } from '../api/index.ts';
import { eventSelector } from '../api/index.ts';
import { ModelError, TimeLimit } from '../models/index.ts';

/** Follows a machine by its events. */
export class MachineWatch implements AsyncDisposable {
  readonly #client: Client;
  readonly #machine: string;
  readonly #stream: EventStream;
  readonly #ended = new AbortController();
  /** Aborted and replaced by each event. */
  #news = new AbortController();

  private constructor(client: Client, machine: string) {
    this.#client = client;
    this.#machine = machine;
    this.#stream = client.events();
    void this.#follow();
  }

  /** Resolves when events are registered. Throws ModelError when the endpoint refuses them. */
  static async open(client: Client, machine: string, signal: AbortSignal): Promise<MachineWatch> {
    const watch = new MachineWatch(client, machine);
    try {
      const register = (action: string) =>
        watch.#stream.register(eventSelector('machines', action, machine), { signal });
      await Promise.all(['update', 'save', 'delete'].map(register));
      return watch;
    } catch (error) {
      watch.close();
      throw error;
    }
  }

  /**
   * The machine as soon as `test` holds for it; undefined after `milliseconds`. Throws ModelError, 404 when the machine
   * is deleted, and the reason of `signal`.
   */
  async until(
    test: (machine: Machine) => boolean,
    milliseconds: number,
    signal: AbortSignal,
  ): Promise<Machine | undefined> {
    using limit = new TimeLimit(milliseconds);
    for (;;) {
      if (this.#ended.signal.aborted) {
        throw new ModelError(503, 'The event stream has ended', { type: 'AGENT' });
      }
      const { signal: news } = this.#news;
      const machine = await this.#client.objects('machines').get(this.#machine, { signal });
      if (test(machine)) return machine;
      if (limit.signal.aborted) return undefined;
      const any = AbortSignal.any([news, limit.signal, signal, this.#ended.signal]);
      if (!any.aborted) await once(any, 'abort');
      signal.throwIfAborted();
    }
  }

  close(): void {
    this.#stream.close();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.close();
  }

  async #follow(): Promise<void> {
    // The machine is read again instead of taken from the event: several events may have come meanwhile.
    for await (const _ of this.#stream) {
      const before = this.#news;
      this.#news = new AbortController();
      before.abort('news');
    }
    this.#ended.abort();
  }
}
