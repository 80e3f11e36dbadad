import { createHash, randomBytes } from 'node:crypto';
import { refusal } from '../../../lib/ipmi/index.ts';
import { type Connect, type Reading, SharedConsole } from './shared-console.ts';

/** What a client gets when it opens a console. */
export interface ConsoleTicket {
  /** Authorizes its owner to read the console, or to type. Secret. */
  ticket: string;
  mayType: boolean;
  /** Position to read from. */
  from: number;
  /** How many other clients read this console. */
  others: number;
}

interface Viewer {
  console: SharedConsole;
  key: string;
  mayType: boolean;
  /** The number of the last input, so that a repeated request is not typed twice. */
  typed: number;
  timer?: NodeJS.Timeout;
  reading: number;
}

/** A client that has not read for this long is removed. */
const GONE_MS = 60_000;
/** Each console holds a BMC session and some memory. */
const MOST_CONSOLES = 200;
const MOST_VIEWERS = 1_000;

/**
 * All open consoles and their clients. A machine's console is opened for the first client and closed after the last.
 */
export class Consoles {
  readonly #consoles = new Map<string, SharedConsole>();
  readonly #viewers = new Map<string, Viewer>();
  readonly #goneMs: number;

  constructor(goneMs = GONE_MS) {
    this.#goneMs = goneMs;
  }

  /**
   * Adds a client to a console. `whose` identifies the BMC and its credentials: only clients with the same share a
   * console. Throws ModelError, 503 when too many consoles are open.
   */
  async open(whose: string, connect: Connect, signal: AbortSignal, mayType: boolean): Promise<ConsoleTicket> {
    const key = createHash('sha256').update(whose).digest('base64');
    const there = this.#consoles.get(key);
    const isNew = there === undefined || there.hasEnded;
    if (this.#viewers.size >= MOST_VIEWERS || (isNew && this.#consoles.size >= MOST_CONSOLES))
      throw refusal(503, `${this.#consoles.size} consoles are open: that is the most`);
    const console = isNew ? new SharedConsole(connect, signal) : there;
    // Concurrent callers share one attempt.
    if (isNew) this.#consoles.set(key, console);
    const ticket = randomBytes(24).toString('base64url');
    const viewer: Viewer = { console, key, mayType, typed: 0, reading: 0 };
    this.#viewers.set(ticket, viewer);
    try {
      if (isNew) await console.open();
    } catch (error) {
      this.#forget(ticket);
      throw error;
    }
    this.#expect(ticket, viewer);
    const others = [...this.#viewers.values()].filter((other) => other.console === console).length - 1;
    return { ticket, mayType, from: console.start, others };
  }

  /** See `SharedConsole.read`. Throws ModelError 404 for an unknown or expired ticket. */
  async read(ticket: string, from: number, version: number, waitMs: number): Promise<Reading> {
    const viewer = this.#viewer(ticket);
    viewer.reading += 1;
    clearTimeout(viewer.timer);
    try {
      const reading = await viewer.console.read(from, version, waitMs);
      // The client has been told that the console has ended.
      if (reading.state === 'ended') this.#forget(ticket);
      return reading;
    } finally {
      viewer.reading -= 1;
      if (viewer.reading === 0) this.#expect(ticket, viewer);
    }
  }

  /**
   * Types `typed`, once for each `number`; numbers must increase. Throws ModelError: 404 as for `read`, 403 for a
   * read-only ticket, 409 when the console is not open.
   */
  async type(ticket: string, number: number, typed: Buffer | 'break'): Promise<void> {
    const viewer = this.#viewer(ticket);
    if (!viewer.mayType) throw refusal(403, 'this console was opened to look at it, not to type');
    if (number <= viewer.typed) return;
    await viewer.console.type(typed);
    viewer.typed = number;
  }

  /** The number of open consoles. */
  get openCount(): number {
    return this.#consoles.size;
  }

  close(ticket: string): void {
    this.#forget(ticket);
  }

  #viewer(ticket: string): Viewer {
    const viewer = this.#viewers.get(ticket);
    if (viewer === undefined) throw refusal(404, 'this console was closed; open it again');
    return viewer;
  }

  #expect(ticket: string, viewer: Viewer): void {
    clearTimeout(viewer.timer);
    if (!this.#viewers.has(ticket)) return;
    viewer.timer = setTimeout(() => this.#forget(ticket), this.#goneMs).unref();
  }

  #forget(ticket: string): void {
    const viewer = this.#viewers.get(ticket);
    if (viewer === undefined) return;
    clearTimeout(viewer.timer);
    this.#viewers.delete(ticket);
    const { console, key } = viewer;
    if ([...this.#viewers.values()].some((other) => other.console === console)) return;
    console.close();
    if (this.#consoles.get(key) === console) this.#consoles.delete(key);
  }
}
