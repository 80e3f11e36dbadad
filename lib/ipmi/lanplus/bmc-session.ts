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
  /** What the command needs; `user` unless given. More than that is asked for only then. */
  privilege?: Privilege;
  /**
   * The command does something each time that it arrives: it is sent once, and when no answer comes nobody knows whether
   * it was done.
   */
  once?: boolean;
  /**
   * Which completion codes that mean "later" are waited for: those of a command that was not done (unless given), also
   * those that leave it open, or none.
   */
  later?: 'not done' | 'all' | 'none';
}

/** What was read from a BMC and is worth keeping. */
export interface BmcNotes {
  /** Its sensor records, as long as it tells the same of them. */
  sdr?: { version: string; records: Buffer[] };
  /** The number of the last packet that was sent to its serial console. */
  solSequence?: number;
}

/** Who asks a BMC. */
export interface IpmiSession {
  /** The BMC's name for people. */
  readonly bmc: string;
  /** Aborted when no more is to be asked. */
  readonly signal: AbortSignal;
  /** How long answers that mean "later" were waited for, and still are. */
  readonly patience: Patience;
  /** Of the BMC, from one session to the next. */
  readonly notes: BmcNotes;
  /** The answer to one command, whatever its completion code. Throws ModelError, and the signal's reason. */
  request(request: IpmiRequest, options?: RequestOptions): Promise<IpmiReply>;
}

/** Levels of Set Session Privilege Level (IPMI 2.0, table 22-21). */
export const LEVELS: Readonly<Record<Privilege, number>> = { user: 2, operator: 3, administrator: 4 };

/** After so long without a packet it is worth asking whether the session is still there. */
const FRESH_MS = 1_000;

const GET_DEVICE_ID: IpmiRequest = { netFn: 0x06, command: 0x01 };

/** What `BmcSession` is made of. */
export interface BmcSessionParts {
  bmc: string;
  signal: AbortSignal;
  patience: Patience;
  notes: BmcNotes;
  timing: Timing;
  /** The user may be made an operator where it may be no administrator. */
  mayLower: boolean;
  /** A session that was kept from earlier work. */
  kept: LiveSession | undefined;
  logIn(): Promise<LoggedIn>;
}

/** A session with the level that it is raised to, and the time of its last packet. */
export interface LiveSession extends LoggedIn {
  level: number;
  heardAt: number;
}

/**
 * Requests to one BMC, one after the other, in a session that is made when it is needed, and made again when the BMC has
 * forgotten it.
 */
export class BmcSession implements IpmiSession {
  readonly bmc: string;
  readonly signal: AbortSignal;
  readonly patience: Patience;
  readonly notes: BmcNotes;
  readonly #timing: Timing;
  readonly #mayLower: boolean;
  readonly #logIn: () => Promise<LoggedIn>;
  #live: LiveSession | undefined;
  /** Nothing has come in the session since it was kept. */
  #isStale: boolean;
  /** Something has come in a session. */
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

  /** The session as it is now, to be kept. */
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
      // Some BMCs want more for a command than the specification does.
      if (reply.code !== COMPLETION.privilege || level >= LEVELS.operator) return reply;
      return await this.#untilAnswered(request, LEVELS.operator, options);
    } finally {
      this.#isBusy = false;
    }
  }

  /** Sends a request until it is answered, also in a new session when the BMC does not know this one any more. */
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
    // One that answers logins and nothing after them is one for another client.
    throw this.#wasAnswered ? afterSending(error) : new Unsuitable(error, 'lanplus');
  }

  async #once(request: IpmiRequest, level: number): Promise<IpmiReply> {
    // Whether the BMC still knows the session is found out by a question that may be asked again.
    const isFresh = this.#live !== undefined && performance.now() - this.#live.heardAt < FRESH_MS;
    if (!isFresh || (this.#live?.level ?? 0) < level) await this.#untilAnswered(GET_DEVICE_ID, level);
    const live = await this.#up();
    const reply = await this.#inTime(live, request, [this.#timing.onceMs], { once: true });
    if (reply !== undefined) return reply;
    this.#drop();
    throw new Unanswered(this.bmc);
  }

  /**
   * Raises the session to `level` at least; each begins as a user's (IPMI 2.0, section 22.18). False when the BMC does not
   * answer. Throws ModelError 403 when it refuses.
   */
  async #raise(live: LiveSession, level: number): Promise<boolean> {
    const { privilege } = live.terms;
    // As high as the login was allowed to go, so that it is done but once.
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

  /** The answer to a request, which is put again while the BMC says "later". */
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

  /** The answer to a request, which is sent once for each wait until there is one. */
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

/** The same error, of a command that may have been carried out. */
function afterSending(error: unknown): unknown {
  if (!(error instanceof ModelError) || error instanceof Unsuitable) return error;
  return refusal(error.code, error.messages, new MayBeDone());
}

/** The answer to what was sent. Late answers to what was sent before have other numbers. */
function answerIn(
  { session }: LiveSession,
  frame: Frame,
  { request, sequence }: SentRequest,
): IpmiResponse | undefined {
  const response = session.openResponse(frame);
  if (response === undefined || !answers(response, request, sequence)) return undefined;
  // It has the request already, and its answer is on the way.
  return response.code === COMPLETION.duplicate ? undefined : response;
}

/** Ends a session. No answer is waited for: after a reset none comes, and the BMC forgets it in a minute by itself. */
export function endSession({ session, line }: LoggedIn): void {
  line.send(session.close());
  line[Symbol.dispose]();
}
