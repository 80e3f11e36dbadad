import { setTimeout as delay } from 'node:timers/promises';
import { type ConsoleListener, refusal, type SolConnection } from '../../../lib/ipmi/index.ts';
import { ModelError } from '../../../lib/models/index.ts';

/**
 * Opens the console of a machine until `signal` is aborted. `lost` is the connection to replace, if any. Throws
 * ModelError.
 */
export type Connect = (
  listener: ConsoleListener,
  signal: AbortSignal,
  lost: Connection | undefined,
) => Promise<Connection>;

type Connection = Pick<SolConnection, 'type' | 'close' | 'unsent' | 'sessionId'>;

/** The result of a read. */
export interface Reading {
  /** Output since `from`, as far as it is still kept. */
  output: Buffer;
  /** Position for the next read. */
  next: number;
  /** How many bytes before `output` are no longer kept. */
  missed: number;
  state: 'open' | 'connecting' | 'ended';
  /** The last event of the connection; empty at first. */
  message: string;
  /** Increases with each change of `state`. */
  version: number;
}

export interface ConsoleTiming {
  /** Pauses between attempts to reconnect. The last one repeats until `againForMs` is over. */
  pausesMs: readonly number[];
  againForMs: number;
  /** How long input waits for a console that accepts no more. */
  typeMs: number;
}

const CONSOLE_TIMING: ConsoleTiming = {
  // BMCs take a minute or two to restart.
  pausesMs: [1_000, 2_000, 4_000, 8_000, 10_000],
  againForMs: 180_000,
  typeMs: 20_000,
};

/** Output for clients that come later: some screens. */
const KEPT_BYTES = 64 * 1024;
/** Limit for input that the BMC has not accepted yet. */
const MOST_UNSENT = 4 * 1024;
const TYPE_POLL_MS = 20;

/**
 * The serial console of one machine, shared by its clients. Recent output is kept. A connection that the BMC closes is
 * reopened.
 */
export class SharedConsole {
  readonly #connect: Connect;
  readonly #timing: ConsoleTiming;
  readonly #ending = new AbortController();
  readonly #signal: AbortSignal;
  readonly #pieces: Buffer[] = [];
  #kept = 0;
  /** How many bytes were printed so far. */
  #end = 0;
  #state: Reading['state'] = 'connecting';
  #message = '';
  #version = 0;
  #connection: Connection | undefined;
  #changed = Promise.withResolvers<void>();

  /** `signal` closes the console for all clients. */
  constructor(connect: Connect, signal: AbortSignal, timing = CONSOLE_TIMING) {
    this.#connect = connect;
    this.#timing = timing;
    this.#signal = AbortSignal.any([signal, this.#ending.signal]);
    this.#signal.addEventListener('abort', () => this.#finish('the plugin has closed the console'));
  }

  /** Opens the console. When that fails, throws ModelError, and the console has ended. */
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

  /** The position at which a new client begins: the start of the kept output. */
  get start(): number {
    return this.#end - this.#kept;
  }

  /**
   * Returns output from position `from` on. Waits up to `waitMs` for output, or for a state other than that of
   * `version`.
   */
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

  /**
   * Types. Waits while the BMC accepts no more. Throws ModelError 409 when the console is not open, 503 when the BMC
   * accepts nothing in time.
   */
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

  /** Reconnects after a loss. Never rejects. */
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
        // Trying again would give the same answer.
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
