import { setTimeout as delay } from 'node:timers/promises';
import { Secrets, type SocketExchange, type TrafficPart, timestamp } from '../../models/index.ts';
import { SecretMembers } from './secret-members.ts';

const MOST_EXCHANGES = 500;
/** Of all bodies together. */
const MOST_CHARACTERS = 512 * 1024;
const LONGEST_BODY = 64 * 1024;
/** More is kept of a body than shown: a secret at the place where it is cut is found by its end. */
const MARGIN = 4 * 1024;
/** A body of so many bytes is more than is kept. */
export const LONGEST_KEPT = 4 * (LONGEST_BODY + MARGIN);
const MOST_DROPPED_NUMBERS = 1000;
/** What comes within this time of the first is answered with it. */
const GATHER_MS = 50;

interface Kept {
  /** Its place in the order in which exchanges began and ended. */
  place: number;
  began: number;
  shown: SocketExchange;
  request: string | undefined;
  answer: string | undefined;
  /** The characters that it has been counted with. */
  size: number;
  /** What its request has in secret params, once somebody wanted to know. */
  secrets?: readonly string[];
}

/**
 * The newest exchanges on the sockets of one plugin. They are kept whether anybody looks or not: what led to a failure is
 * wanted after it. That costs two microseconds and a bounded number of texts, which were there anyhow; what is secret in
 * them is found out and masked when somebody looks.
 */
export class Traffic {
  readonly #isSecret: (param: string) => boolean;
  /** In the order of their places. */
  readonly #kept = new Map<number, Kept>();
  readonly #waiting = new Set<() => void>();
  /** The places of the last that were dropped, ascending. */
  #dropped: number[] = [];
  #config: Kept | undefined;
  #characters = 0;
  #lastId = 0;
  #lastPlace = 0;

  /** `isSecret` knows the params whose values must not be shown. */
  constructor(isSecret: (param: string) => boolean) {
    this.#isSecret = isSecret;
  }

  begin(from: SocketExchange['From'], method: string, path: string): OpenExchange {
    this.#lastId += 1;
    const kept: Kept = {
      place: 0,
      began: performance.now(),
      shown: { Id: this.#lastId, Time: timestamp(), From: from, Method: method, Path: path },
      request: undefined,
      answer: undefined,
      size: 0,
    };
    if (from === 'endpoint' && path.endsWith('/config')) this.#config = kept;
    this.#append(kept);
    return {
      request: (text, params) => {
        if (params !== undefined && text.length > LONGEST_BODY)
          kept.secrets = new SecretMembers(JSON.stringify(params), this.#isSecret, { cut: false }).texts;
        kept.request = this.#body(kept, text);
        this.#count(kept);
      },
      end: (status, text) => {
        if (kept.shown.DurationMs !== undefined) return;
        kept.shown.DurationMs = Math.round((performance.now() - kept.began) * 1000) / 1000;
        if (status !== undefined) kept.shown.Status = status;
        if (text !== undefined) kept.answer = this.#body(kept, text);
        this.#remove(kept);
        this.#append(kept);
      },
    };
  }

  /** What came after the part whose `Next` was `given`; all that is kept for 0. */
  since(given: number): TrafficPart {
    const after = this.#known(given);
    const concerned = [...this.#kept.values()].filter(({ place }) => place > after);
    const entries = concerned.length === 0 ? [] : this.#shown(concerned);
    return {
      Next: this.#lastPlace,
      Dropped: this.#dropped.filter((place) => place > after).length,
      Entries: entries,
    };
  }

  /** Resolves when there is more than `given` knows, when the time is over, or at the signal. */
  async more(given: number, { wait, signal }: { wait: number; signal: AbortSignal }): Promise<void> {
    const after = this.#known(given);
    if (wait === 0 || signal.aborted || this.#lastPlace > after) return;
    const { promise, resolve } = Promise.withResolvers<void>();
    const timer = setTimeout(resolve, wait);
    signal.addEventListener('abort', () => resolve(), { once: true });
    this.#waiting.add(resolve);
    await promise;
    clearTimeout(timer);
    this.#waiting.delete(resolve);
    if (this.#lastPlace > after) await delay(GATHER_MS, undefined, { signal }).catch(() => {});
  }

  /** Forgets all of it: the plugin is gone. */
  clear(): void {
    this.#kept.clear();
    this.#dropped = [];
    this.#config = undefined;
    this.#characters = 0;
  }

  /** A place that there was not yet is one of an endpoint that ran before. */
  #known(place: number): number {
    return place > this.#lastPlace ? 0 : place;
  }

  #append(kept: Kept): void {
    this.#lastPlace += 1;
    kept.place = this.#lastPlace;
    this.#kept.set(kept.place, kept);
    this.#count(kept);
    for (const oldest of this.#kept.values()) {
      if (this.#kept.size <= MOST_EXCHANGES && this.#characters <= MOST_CHARACTERS) break;
      this.#drop(oldest);
    }
    for (const tell of this.#waiting) tell();
  }

  #remove(kept: Kept): void {
    this.#kept.delete(kept.place);
    this.#characters -= kept.size;
    kept.size = 0;
  }

  #count(kept: Kept): void {
    // One that was dropped while it was under way comes back when it ends.
    if (!this.#kept.has(kept.place)) return;
    const size = (kept.request?.length ?? 0) + (kept.answer?.length ?? 0);
    this.#characters += size - kept.size;
    kept.size = size;
  }

  #drop(kept: Kept): void {
    this.#remove(kept);
    this.#dropped.push(kept.place);
    if (this.#dropped.length > 2 * MOST_DROPPED_NUMBERS)
      this.#dropped = this.#dropped.slice(-MOST_DROPPED_NUMBERS);
  }

  #body(kept: Kept, text: string): string {
    const isCut = text.length > LONGEST_BODY;
    if (isCut) kept.shown.Cut = true;
    // A copy: a slice would keep all of the text in memory.
    return isCut ? Buffer.from(text.slice(0, LONGEST_BODY + MARGIN)).toString() : text;
  }

  #shown(concerned: readonly Kept[]): SocketExchange[] {
    const all = new Set(this.#config === undefined ? [] : this.#secretsOf(this.#config));
    for (const kept of this.#kept.values()) for (const text of this.#secretsOf(kept)) all.add(text);
    const secrets = new Secrets([...all]);
    const body = (text: string) =>
      new SecretMembers(text, this.#isSecret, { cut: text.length > LONGEST_BODY })
        .masked(secrets)
        .slice(0, LONGEST_BODY);
    return concerned.map(({ shown, request, answer }) => ({
      ...shown,
      Path: secrets.mask(shown.Path.replace(/([?&]token=)[^&]*/g, '$1...')),
      ...(request !== undefined && { RequestBody: body(request) }),
      ...(answer !== undefined && { ResponseBody: body(answer) }),
    }));
  }

  #secretsOf(kept: Kept): readonly string[] {
    if (kept.request === undefined) return [];
    kept.secrets ??= new SecretMembers(kept.request, this.#isSecret, { cut: true }).texts;
    return kept.secrets;
  }
}

/** An exchange that is under way. */
export interface OpenExchange {
  /** The body of the request. `params` is what of it may be secret. */
  request(text: string, params?: Readonly<Record<string, unknown>>): void;
  /** It is over, with this answer; without a status if no answer came. */
  end(status?: number, text?: string): void;
}
