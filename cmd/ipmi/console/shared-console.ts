import { setTimeout as delay } from 'node:timers/promises';
import { type ConsoleListener, refusal, type SolConnection } from '../../../lib/ipmi/index.ts';
import { ModelError } from '../../../lib/models/index.ts';

/** Opens the console of one machine, until `signal` ends it; `lost` is a connection that was lost. Throws ModelError. */
export type Connect = (
  listener: ConsoleListener,
  signal: AbortSignal,
  lost: Connection | undefined,
) => Promise<Connection>;

type Connection = Pick<SolConnection, 'type' | 'close' | 'unsent' | 'sessionId'>;

/** What one who looks at a console gets to know at once. */
export interface Reading {
  /** What was printed since `from`, as far as it is kept. */
  output: Buffer;
  /** Where to go on reading. */
  next: number;
  /** Characters before `output` that are not kept any more. */
  missed: number;
  state: 'open' | 'connecting' | 'ended';
  /** What happened to the connection; empty while nothing did. */
  message: string;
  /** Goes up with each change of `state`. */
  version: number;
}

export interface ConsoleTiming {
  /** Pauses between tries to connect again; the last one is used until `againForMs` is up. */
  pausesMs: readonly number[];
  againForMs: number;
  /** How long typed characters wait for a console that takes no more. */
  typeMs: number;
}

export const CONSOLE_TIMING: ConsoleTiming = {
  // BMCs that start again take a minute or two.
  pausesMs: [1_000, 2_000, 4_000, 8_000, 10_000],
  againForMs: 180_000,
  typeMs: 20_000,
};

/** Some screens, also for who comes later. */
const KEPT_BYTES = 64 * 1024;
/** What may be typed ahead of what the BMC has taken. */
const MOST_UNSENT = 4 * 1024;
const TYPE_POLL_MS = 20;

/**
 * The serial console of one machine, for all who look at it. What is printed is kept for a while; a connection that the BMC
 * drops is made again.
 */
export class SharedConsole {
  readonly #connect: Connect;
  readonly #timing: ConsoleTiming;
  readonly #ending = new AbortController();
  readonly #signal: AbortSignal;
  readonly #pieces: Buffer[] = [];
  #kept = 0;
  /** How many characters were printed so far. */
  #end = 0;
  #state: Reading['state'] = 'connecting';
  #message = '';
  #version = 0;
  #connection: Connection | undefined;
  #changed = Promise.withResolvers<void>();

  /** `signal` ends it for all. */
  constructor(connect: Connect, signal: AbortSignal, timing = CONSOLE_TIMING) {
    this.#connect = connect;
    this.#timing = timing;
    this.#signal = AbortSignal.any([signal, this.#ending.signal]);
    this.#signal.addEventListener('abort', () => this.#finish('the plugin has closed the console'));
  }

  /** Opens it. Throws ModelError, and has ended then. */
  async open(): Promise<void> {
    try {
      await this.#open();
    } catch (error) {
      this.#finish(textOf(error));
      throw error;
    }
  }

  get hasEnded(): boolean {
    return this.#state === 'ended';
  }

  /** Where one who comes now begins to read: what is kept comes first. */
  get start(): number {
    return this.#end - this.#kept;
  }

  /** What was printed from `from` on; waits for it, or for another state than `version`, for `waitMs` at most. */
  async read(from: number, version: number, waitMs: number): Promise<Reading> {
    const deadline = performance.now() + waitMs;
    while (from >= this.#end && version === this.#version && this.#state !== 'ended') {
      const left = deadline - performance.now();
      if (left <= 0) break;
      const ending = new AbortController();
      await Promise.race([
        this.#changed.promise,
        delay(left, undefined, { signal: ending.signal }).catch(() => {}),
      ]);
      ending.abort();
    }
    const begin = Math.min(Math.max(from, this.start), this.#end);
    return {
      output: Buffer.concat(this.#pieces).subarray(begin - this.start),
      next: this.#end,
      missed: Math.max(0, begin - from),
      state: this.#state,
      message: this.#message,
      version: this.#version,
    };
  }

  /** Types. Waits while the BMC takes no more. Throws ModelError 409 when it is not open, 503 when it takes nothing. */
  async type(typed: Buffer | 'break'): Promise<void> {
    const deadline = performance.now() + this.#timing.typeMs;
    while (this.#connection !== undefined && this.#connection.unsent > MOST_UNSENT) {
      if (performance.now() > deadline) throw refusal(503, 'the console takes nothing that is typed');
      await delay(TYPE_POLL_MS);
    }
    if (this.#connection === undefined) throw refusal(409, `the console is not open: ${this.#message}`);
    this.#connection.type(typed);
  }

  close(): void {
    this.#ending.abort();
  }

  async #open(lost?: Connection): Promise<void> {
    const own = new AbortController();
    const signal = AbortSignal.any([this.#signal, own.signal]);
    const listener: ConsoleListener = {
      output: (characters) => this.#print(characters),
      over: (error) => {
        own.abort();
        const connection = this.#connection;
        this.#connection = undefined;
        if (error === undefined)
          this.#finish('the BMC has ended it: it was opened elsewhere, or switched off');
        else void this.#openAgain(error, connection);
      },
    };
    this.#connection = await this.#connect(listener, signal, lost);
    if (this.#signal.aborted) this.#connection.close();
    else this.#change('open', '');
  }

  /** Never rejects. */
  async #openAgain(error: ModelError, lost: Connection | undefined): Promise<void> {
    let problem: unknown = error;
    const deadline = performance.now() + this.#timing.againForMs;
    for (let tries = 0; performance.now() < deadline && !this.#signal.aborted; tries += 1) {
      this.#change('connecting', textOf(problem));
      const { pausesMs } = this.#timing;
      const pauseMs = pausesMs[Math.min(tries, pausesMs.length - 1)] ?? 0;
      try {
        await delay(pauseMs, undefined, { signal: this.#signal });
        await this.#open(lost);
        return;
      } catch (again) {
        problem = again;
        // It will not let in anybody the next time either.
        if (again instanceof ModelError && [400, 403, 501].includes(again.code)) break;
      }
    }
    this.#finish(textOf(problem));
  }

  #print(characters: Buffer): void {
    this.#pieces.push(Buffer.from(characters));
    this.#kept += characters.length;
    this.#end += characters.length;
    while (this.#kept > KEPT_BYTES) this.#kept -= this.#pieces.shift()?.length ?? this.#kept;
    this.#tell();
  }

  #finish(message: string): void {
    if (this.#state === 'ended') return;
    this.#connection?.close();
    this.#connection = undefined;
    this.#change('ended', message);
    this.#ending.abort();
  }

  #change(state: Reading['state'], message: string): void {
    if (this.#state === 'ended' || (this.#state === state && this.#message === message)) return;
    this.#state = state;
    this.#message = message;
    this.#version += 1;
    this.#tell();
  }

  #tell(): void {
    const { resolve } = this.#changed;
    this.#changed = Promise.withResolvers<void>();
    resolve();
  }
}

function textOf(error: unknown): string {
  if (error instanceof ModelError) return error.messages.join('; ');
  return error instanceof Error ? error.message : String(error);
}
