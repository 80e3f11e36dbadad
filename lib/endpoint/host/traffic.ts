import { setTimeout as delay } from 'node:timers/promises';
import { Secrets, type SocketExchange, type TrafficPart, timestamp } from '../../models/index.ts';
import { SecretMembers } from './secret-members.ts';

const MOST_EXCHANGES = 500;
/** Limit for all bodies together, in characters. */
const MOST_CHARACTERS = 512 * 1024;
const LONGEST_BODY = 64 * 1024;
/** Characters that are kept but not shown, so that a secret at the cut is found whole. */
const MARGIN = 4 * 1024;
/** From this number of bytes on, a body is longer than what is kept. */
export const LONGEST_KEPT = 4 * (LONGEST_BODY + MARGIN);
const MOST_DROPPED_NUMBERS = 1000;
/** Ms to wait after the first new exchange, so that others are returned with it. */
const GATHER_MS = 50;

interface Kept {
  /** Order in which exchanges began and ended. */
  place: number;
  began: number;
  shown: SocketExchange;
  request: string | undefined;
  answer: string | undefined;
  /** The characters counted for it in the limit. */
  size: number;
  /** Secret values of the request, computed at the first reading. */
  secrets?: readonly string[];
}

/**
 * The latest exchanges on the sockets of a plugin. They are always recorded, since they are needed after a failure.
 * Recording costs two microseconds and a bounded amount of memory; secrets are found and masked only when the traffic
 * is read.
 */
export class Traffic {
  readonly #isSecret: (param: string) => boolean;
  /** Ordered by place. */
  readonly #kept = new Map<number, Kept>();
  readonly #waiting = new Set<() => void>();
  /** Places of the last dropped exchanges, ascending. */
  #dropped: number[] = [];
  #config: Kept | undefined;
  #characters = 0;
  #lastId = 0;
  #lastPlace = 0;

  /** `isSecret` tells whether the values of a param are secret. */
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

  /** The exchanges after `given`, the `Next` of an earlier part; 0 for all. */
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

  /** Resolves when there is more than `given`, after `wait`, or at the signal. */
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

  /** Discards all exchanges of a deleted plugin. */
  clear(): void {
    this.#kept.clear();
    this.#dropped = [];
    this.#config = undefined;
    this.#characters = 0;
  }

  /** A place that does not exist yet comes from an earlier run of the endpoint. */
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
    // It was dropped while in progress; it comes back when it ends.
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
    // A copy, since a slice would keep the whole text in memory.
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

/** An exchange in progress. */
export interface OpenExchange {
  /** Sets the request's body. `params` is the part that may contain secrets. */
  request(text: string, params?: Readonly<Record<string, unknown>>): void;
  /** Ends the exchange with this answer; without a status when no answer came. */
  end(status?: number, text?: string): void;
}
