import { type Client, type EventStream, type Matcher, matcher } from '../api/index.ts';
import { type Event, ModelError } from '../models/index.ts';

/** Default time limit in ms, with room for busy machines. */
const LIMIT_MS = 30_000;

interface Waiting {
  matches: Matcher;
  resolve(event: Event): void;
}

/** All events of an endpoint since its start, in order. */
export class SeenEvents {
  readonly all: Event[] = [];
  readonly #stream: EventStream;
  readonly #waiting = new Set<Waiting>();

  private constructor(stream: EventStream) {
    this.#stream = stream;
  }

  static async of(api: Client): Promise<SeenEvents> {
    const stream = api.events();
    await stream.register('*.*.*');
    const events = new SeenEvents(stream);
    void events.#read();
    return events;
  }

  async #read(): Promise<void> {
    for await (const { event } of this.#stream) {
      if (event === undefined) continue;
      this.all.push(event);
      for (const waiting of this.#waiting) if (waiting.matches(event)) waiting.resolve(event);
    }
  }

  /**
   * The first event that matches the selector (`machines.create.*`) and, if given, passes `test`, among earlier events
   * and those to come. Rejects with ModelError 504, which lists the events, after `limitMs`.
   */
  async until(selector: string, test: Matcher = () => true, limitMs = LIMIT_MS): Promise<Event> {
    const isSelected = matcher(selector);
    const matches: Matcher = (event) => isSelected(event) && test(event);
    const found = this.all.find(matches);
    if (found !== undefined) return found;
    const { promise, resolve, reject } = Promise.withResolvers<Event>();
    const waiting = { matches, resolve };
    this.#waiting.add(waiting);
    const limit = setTimeout(() => {
      const seen = this.all.map(({ Type, Action, Key }) => `${Type}.${Action}.${Key}`);
      reject(new ModelError(504, [`No event ${selector} within ${limitMs / 1000} s. There were:`, ...seen]));
    }, limitMs);
    try {
      return await promise;
    } finally {
      clearTimeout(limit);
      this.#waiting.delete(waiting);
    }
  }

  close(): void {
    this.#stream.close();
  }
}
