import { ModelError, refusal } from '../../models/index.ts';
import type { Privilege } from '../bmc.ts';
import { COMPLETION } from '../completion-codes.ts';
import { laterCode } from '../later.ts';
import { MayBeDone } from '../may-be-done.ts';
import { PROBLEMS } from '../problems.ts';
import type { Frame } from './frame.ts';
import type { LoggedIn } from './log-in.ts';
import { answers, type IpmiReply, type IpmiRequest, type IpmiResponse } from './message.ts';
import type { Patience } from './patience.ts';
import type { SentRequest } from './session.ts';
import type { Timing } from './timing.ts';
import { Unanswered } from './unanswered.ts';
import { Unsuitable } from './unsuitable.ts';

export interface RequestOptions {
  /** The privilege that the command needs; default `user`. The session is raised only when necessary. */
  privilege?: Privilege;
  /**
   * Send the command only once, because it has an effect each time that it arrives. Without an answer it is unknown
   * whether it was carried out.
   */
  once?: boolean;
  /**
   * Which completion codes that mean "later" are waited for: those of commands that were not carried out (default),
   * also those that leave it open, or none.
   */
  later?: 'not done' | 'all' | 'none';
}

/** Data of a BMC that are kept from one session to the next. */
export interface BmcNotes {
  /** Its sensor records, valid while the BMC reports the same version. */
  sdr?: { version: string; records: Buffer[] };
  /** The sequence number of the last packet sent to its serial console. */
  solSequence?: number;
}

/** Sends commands to a BMC. */
export interface IpmiSession {
  /** Name of the BMC in messages. */
  readonly bmc: string;
  /** Aborted when no more commands may be sent. */
  readonly signal: AbortSignal;
  /** How long a busy BMC has been and may still be waited for. */
  readonly patience: Patience;
  /** Kept from one session to the next. */
  readonly notes: BmcNotes;
  /** Sends a command and returns the answer with any completion code. Throws ModelError, and the signal's reason. */
  request(request: IpmiRequest, options?: RequestOptions): Promise<IpmiReply>;
}

/** Levels of Set Session Privilege Level (IPMI 2.0, table 22-21). */
export const LEVELS: Readonly<Record<Privilege, number>> = { user: 2, operator: 3, administrator: 4 };

/** After this time without a packet, the session is checked before a command that must not be repeated. */
const FRESH_MS = 1_000;

const GET_DEVICE_ID: IpmiRequest = { netFn: 0x06, command: 0x01 };

/** Arguments of `BmcSession`. */
export interface BmcSessionParts {
  bmc: string;
  signal: AbortSignal;
  patience: Patience;
  notes: BmcNotes;
  timing: Timing;
  /** Whether to fall back to operator when the user may not be administrator. */
  mayLower: boolean;
  /** A session kept from earlier work. */
  kept: LiveSession | undefined;
  logIn(): Promise<LoggedIn>;
}

/** A session with its current privilege level, and the time of its last packet. */
export interface LiveSession extends LoggedIn {
  level: number;
  heardAt: number;
}

/** Sends requests to a BMC, one at a time. Creates a session when needed, and again when the BMC has dropped it. */
export class BmcSession implements IpmiSession {
  readonly bmc: string;
  readonly signal: AbortSignal;
  readonly patience: Patience;
  readonly notes: BmcNotes;
  readonly #timing: Timing;
  readonly #mayLower: boolean;
  readonly #logIn: () => Promise<LoggedIn>;
  #live: LiveSession | undefined;
  /** Nothing was received in the session since it was kept. */
  #isStale: boolean;
  /** Something was received in a session. */
  #wasAnswered: boolean;
  #isBusy = false;

  constructor({ bmc, signal, patience, notes, timing, mayLower, kept, logIn }: BmcSessionParts) {
    this.patience = patience;
    this.notes = notes;
    this.#mayLower = mayLower;
    this.bmc = bmc;
    this.signal = signal;
    this.#timing = timing;
    this.#logIn = logIn;
    this.#live = kept;
    this.#isStale = kept !== undefined;
    this.#wasAnswered = kept !== undefined;
  }

  /** The current session, to be kept. */
  get live(): LiveSession | undefined {
    return this.#live;
  }

  async request(request: IpmiRequest, options: RequestOptions = {}): Promise<IpmiReply> {
    if (this.#isBusy) throw new Error(`BMC ${this.bmc}: a second request at the same time`);
    this.#isBusy = true;
    try {
      const { privilege = 'user', once = false } = options;
      const level = LEVELS[privilege];
      if (once) return await this.#once(request, level);
      const reply = await this.#untilAnswered(request, level, options);
      // Some BMCs require a higher privilege than the specification.
      if (reply.code !== COMPLETION.privilege || level >= LEVELS.operator) return reply;
      return await this.#untilAnswered(request, LEVELS.operator, options);
    } finally {
      this.#isBusy = false;
    }
  }

  /** Repeats a request until it is answered, also in a new session when the BMC has dropped this one. */
  async #untilAnswered(
    request: IpmiRequest,
    level: number,
    options: RequestOptions = {},
  ): Promise<IpmiReply> {
    let isSent = false;
    for (let sessions = 0; sessions < 2; sessions += 1) {
      const live = await this.#up().catch((error: unknown) => {
        throw isSent ? afterSending(error) : error;
      });
      const { requestMs, keptMs } = this.#timing;
      const isRaised = live.level >= level || (await this.#raise(live, level));
      isSent ||= isRaised;
      const reply =
        isRaised && (await this.#inTime(live, request, this.#isStale ? keptMs : requestMs, options));
      if (reply) return reply;
      this.#drop();
    }
    const error = refusal(504, `BMC ${this.bmc}: ${PROBLEMS.stoppedLater}`);
    // A BMC that answers logins but nothing afterwards may work with another client.
    throw this.#wasAnswered ? afterSending(error) : new Unsuitable(error, 'lanplus');
  }

  async #once(request: IpmiRequest, level: number): Promise<IpmiReply> {
    // A harmless request tells whether the session still exists, since this one must not be repeated.
    const isFresh = this.#live !== undefined && performance.now() - this.#live.heardAt < FRESH_MS;
    if (!isFresh || (this.#live?.level ?? 0) < level) await this.#untilAnswered(GET_DEVICE_ID, level);
    const live = await this.#up();
    const reply = await this.#inTime(live, request, [this.#timing.onceMs], { once: true });
    if (reply !== undefined) return reply;
    this.#drop();
    throw new Unanswered(this.bmc);
  }

  /**
   * Raises the session to at least `level`; sessions begin at user level (IPMI 2.0, section 22.18). Returns false when
   * the BMC does not answer. Throws ModelError 403 when it refuses.
   */
  async #raise(live: LiveSession, level: number): Promise<boolean> {
    const { privilege } = live.terms;
    // Raised to the login's maximum, so that one command is enough.
    const wanted = this.#mayLower && privilege > LEVELS.operator ? [privilege, LEVELS.operator] : [privilege];
    const { requestMs, keptMs } = this.#timing;
    for (const want of wanted.filter((one) => one >= level)) {
      const set = { netFn: 0x06, command: 0x3b, data: [want] };
      const reply = await this.#inTime(live, set, this.#isStale ? keptMs : requestMs);
      if (reply === undefined) return false;
      if (reply.code === COMPLETION.ok) {
        live.level = want;
        live.terms = { ...live.terms, privilege: want };
        return true;
      }
    }
    throw refusal(403, `BMC ${this.bmc}: ${PROBLEMS.privilege}`);
  }

  async #up(): Promise<LiveSession> {
    this.#live ??= { ...(await this.#logIn()), level: LEVELS.user, heardAt: performance.now() };
    return this.#live;
  }

  #drop(): void {
    const live = this.#live;
    this.#live = undefined;
    this.#isStale = false;
    if (live !== undefined) endSession(live);
  }

  /** Repeats a request while the BMC says "later". */
  async #inTime(
    live: LiveSession,
    request: IpmiRequest,
    waitsMs: readonly number[],
    { once = false, later = 'not done' }: RequestOptions = {},
  ): Promise<IpmiReply | undefined> {
    for (let tries = 0; ; tries += 1) {
      const reply = await this.#tries(live, request, waitsMs);
      const row = reply === undefined || later === 'none' ? undefined : laterCode(reply.code);
      if (row === undefined || (row.outcome === 'unknown' && (once || later !== 'all'))) return reply;
      if (tries >= (row.tries ?? Number.POSITIVE_INFINITY)) return reply;
      if (!(await this.patience.pause(tries, this.signal))) return reply;
    }
  }

  /** Sends a request for each entry of the wait times until it is answered. */
  async #tries(
    live: LiveSession,
    request: IpmiRequest,
    waitsMs: readonly number[],
  ): Promise<IpmiReply | undefined> {
    const sent = live.session.request(request);
    for (const [index, waitMs] of waitsMs.entries()) {
      if (live.session.isLost) return undefined;
      const datagram = () => (index === 0 ? sent.datagram : live.session.again(sent));
      const response = await live.line.ask(
        datagram,
        (frame) => answerIn(live, frame, sent),
        waitMs,
        this.signal,
      );
      if (response === undefined) continue;
      live.heardAt = performance.now();
      this.#isStale = false;
      this.#wasAnswered = true;
      return { code: response.code, data: response.data };
    }
    return undefined;
  }
}

/** Marks the error: the command may have been carried out. */
function afterSending(error: unknown): unknown {
  if (!(error instanceof ModelError) || error instanceof Unsuitable) return error;
  return refusal(error.code, error.messages, new MayBeDone());
}

/** The answer to the request in a frame. Late answers to earlier requests have other sequence numbers. */
function answerIn(
  { session }: LiveSession,
  frame: Frame,
  { request, sequence }: SentRequest,
): IpmiResponse | undefined {
  const response = session.openResponse(frame);
  if (response === undefined || !answers(response, request, sequence)) return undefined;
  // The BMC has the request already, and its answer is on the way.
  return response.code === COMPLETION.duplicate ? undefined : response;
}

/**
 * Closes a session without waiting for the answer: after a reset there is none, and the BMC drops the session in a
 * minute anyway.
 */
export function endSession({ session, line }: LoggedIn): void {
  line.send(session.close());
  line[Symbol.dispose]();
}
