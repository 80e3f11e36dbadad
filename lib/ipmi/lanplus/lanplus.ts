import { hash } from 'node:crypto';
import { lookup } from 'node:dns/promises';
import { isIP } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { abortError, ModelError, refusal, TimeLimit } from '../../models/index.ts';
import { type Bmc, bmcName, type CheckedBmc, checkBmc, type Privilege, RMCP_PORT } from '../bmc.ts';
import { BmcQueue } from '../bmc-queue.ts';
import { PROBLEMS } from '../problems.ts';
import {
  type BmcNotes,
  BmcSession,
  endSession,
  type IpmiSession,
  LEVELS,
  type LiveSession,
} from './bmc-session.ts';
import { cipherSuite, USUAL_SUITES } from './cipher-suites.ts';
import { type LoggedIn, logIn } from './log-in.ts';
import type { Credentials } from './login.ts';
import type { PlannedTerms } from './login-plan.ts';
import { Patience } from './patience.ts';
import { type Peer, Sockets } from './sockets.ts';
import { type ConsoleListener, SolConnection, type SolOptions } from './sol-connection.ts';
import { type Timing, USUAL_TIMING } from './timing.ts';
import { Unsuitable } from './unsuitable.ts';

/** An idle session. */
interface Kept {
  live: LiveSession;
  /** Digest of the credentials that it was made with. */
  owner: string;
  /** Time of its end, as `performance.now()`. */
  until: number;
}

/** What is remembered about a BMC. */
interface Known {
  /** The terms of the last successful login, and the owner of that login. */
  terms?: PlannedTerms;
  owner?: string;
  /** Start of the last login, as `performance.now()`. */
  loginAt?: number;
}

/** Arguments of a login. */
interface LoginCall {
  name: string;
  owner: string;
  patience: Patience;
  signal: AbortSignal;
}

/** Limit, since anyone who may run an action can pass any number of addresses. */
const MOST_KNOWN = 10_000;
/** Limit for cached notes, some of which have tens of kilobytes. */
const MOST_NOTES = 500;
/**
 * Idle sessions are closed in groups, up to this fraction of their time late: a timer for each would cost more than the
 * rest.
 */
const LATE_PART = 0.1;
/**
 * How many sessions are closed at once, and the pause before the next group: their answers must not displace others in
 * the receive buffer.
 */
const MOST_ENDED = 50;
const NEXT_ENDED_MS = 50;

/**
 * IPMI 2.0 by RMCP+ for many BMCs in parallel, over one socket per address family. Work on one BMC is sequential and
 * shares a session, which is kept for a while: BMCs have few sessions, and some hang after many logins.
 */
export class Lanplus {
  readonly #timing: Timing;
  readonly #queue: BmcQueue;
  readonly #sockets = new Sockets();
  /** Ordered by time. */
  readonly #kept = new Map<string, Kept>();
  #ending: NodeJS.Timeout | undefined;
  /** By name of the BMC. */
  readonly #known = new Map<string, Known>();
  /** By name of the BMC, only for BMCs with notes. */
  readonly #notes = new Map<string, BmcNotes>();
  /** Open consoles, and some that were closed. */
  readonly #consoles = new Set<SolConnection>();

  constructor(timing: Partial<Timing> = {}) {
    this.#timing = { ...USUAL_TIMING, ...timing };
    this.#queue = new BmcQueue({ maxChildren: 0, waitLimitMs: this.#timing.turnMs });
  }

  /**
   * Runs `work` with exclusive access to this BMC. The first request logs in. A busy BMC is waited for up to `retryMs`
   * in total. Throws ModelError: 400 for a value that IPMI does not allow, 503 after an abort or when earlier calls
   * take too long, `Unsuitable` when another client may succeed, and what `work` throws.
   */
  async withBmc<T>(
    bmc: Bmc,
    signal: AbortSignal,
    work: (session: IpmiSession) => Promise<T>,
    { retryMs = 0 }: { retryMs?: number } = {},
  ): Promise<T> {
    const checked = checkBmc(bmc);
    const name = bmcName(checked);
    const owner = ownerOf(checked);
    return this.#alone(name, signal, async () => {
      const patience = new Patience(retryMs, this.#timing.laterMs);
      const notes = this.#notes.get(name) ?? {};
      const session = new BmcSession({
        bmc: name,
        signal,
        patience,
        notes,
        timing: this.#timing,
        mayLower: checked.privilege === undefined,
        kept: this.#takeKept(name, owner),
        logIn: () => this.#logIn(checked, { name, owner, patience, signal }),
      });
      try {
        return await work(session);
      } finally {
        this.#keep(name, owner, session);
        if (Object.keys(notes).length > 0) remember(this.#notes, name, notes, MOST_NOTES);
      }
    });
  }

  /**
   * Opens the machine's serial console in a separate session: it lasts for hours, and other commands to the BMC may
   * lose their session meanwhile. `signal` closes it. Throws like `withBmc`, and ModelError 409 when the console is in
   * use or disabled.
   */
  async openConsole(
    bmc: Bmc,
    signal: AbortSignal,
    listener: ConsoleListener,
    { retryMs = 0, ...options }: SolOptions & { retryMs?: number } = {},
  ): Promise<SolConnection> {
    const checked = checkBmc(bmc);
    const name = bmcName(checked);
    const owner = ownerOf(checked);
    return this.#alone(name, signal, async () => {
      const patience = new Patience(retryMs, this.#timing.laterMs);
      // The console updates them when it ends.
      const notes = this.#notes.get(name) ?? {};
      remember(this.#notes, name, notes, MOST_NOTES);
      let login: LoggedIn | undefined;
      const session = new BmcSession({
        bmc: name,
        signal,
        patience,
        notes,
        timing: this.#timing,
        mayLower: checked.privilege === undefined,
        kept: undefined,
        logIn: async () => {
          // Output in between would be missing without a notice.
          if (login !== undefined) throw refusal(504, `BMC ${name}: ${PROBLEMS.stoppedLater}`);
          login = await this.#logIn(checked, { name, owner, patience, signal });
          return login;
        },
      });
      try {
        const isEncrypted = () => cipherSuite(login?.terms.suite ?? 0)?.confidentiality === 1;
        const connection = await SolConnection.open(
          session,
          { ...options, isEncrypted },
          this.#timing,
          listener,
        );
        signal.addEventListener('abort', () => connection.close(), { once: true });
        for (const other of this.#consoles) if (other.isOver) this.#consoles.delete(other);
        this.#consoles.add(connection);
        return connection;
      } catch (error) {
        if (session.live !== undefined) endSession(session.live);
        throw error;
      }
    });
  }

  /** The number of open sessions, including idle ones, consoles, and logins in progress. */
  get openSessions(): number {
    return this.#sockets.lines;
  }

  /** Ends all sessions. Work in progress fails. */
  close(): void {
    for (const connection of this.#consoles) connection.close();
    clearTimeout(this.#ending);
    for (const name of [...this.#kept.keys()]) this.#end(name);
    this.#sockets.close();
  }

  /** Runs `work` with exclusive access to this BMC. Throws ModelError. */
  async #alone<T>(name: string, signal: AbortSignal, work: () => Promise<T>): Promise<T> {
    try {
      return await this.#queue.withBmc(name, signal, work);
    } catch (error) {
      if (error instanceof ModelError) throw error;
      if (signal.aborted) throw abortError(`BMC ${name}`, signal);
      throw isSystemError(error) ? socketError(error) : error;
    }
  }

  #knownOf(name: string): Known {
    const there = this.#known.get(name);
    if (there !== undefined) return there;
    const known: Known = {};
    remember(this.#known, name, known);
    return known;
  }

  #takeKept(name: string, owner: string): LiveSession | undefined {
    const kept = this.#kept.get(name);
    if (kept === undefined) return undefined;
    if (kept.owner !== owner) {
      this.#end(name);
      return undefined;
    }
    this.#kept.delete(name);
    return kept.live;
  }

  #keep(name: string, owner: string, session: BmcSession): void {
    const { live } = session;
    if (live === undefined) return;
    Object.assign(this.#knownOf(name), { terms: live.terms, owner });
    const { keptForMs } = this.#timing;
    this.#kept.set(name, { live, owner, until: performance.now() + keptForMs });
    if (this.#ending === undefined) this.#endLater(keptForMs * (1 + LATE_PART));
  }

  #endLater(ms: number): void {
    this.#ending = setTimeout(() => this.#endOld(), ms);
    // When this process ends, BMCs drop the sessions by themselves.
    this.#ending.unref();
  }

  #endOld(): void {
    this.#ending = undefined;
    const now = performance.now();
    let ended = 0;
    for (const [name, { until }] of this.#kept) {
      if (until > now || ended === MOST_ENDED) {
        this.#endLater(until > now ? until - now + this.#timing.keptForMs * LATE_PART : NEXT_ENDED_MS);
        return;
      }
      this.#end(name);
      ended += 1;
    }
  }

  #end(name: string): void {
    const kept = this.#kept.get(name);
    if (kept === undefined) return;
    this.#kept.delete(name);
    endSession(kept.live);
  }

  async #logIn(bmc: CheckedBmc, { name, owner, patience, signal }: LoginCall): Promise<LoggedIn> {
    const suites = bmc.cipherSuite > 0 ? [bmc.cipherSuite] : USUAL_SUITES;
    for (const suite of suites) {
      if (cipherSuite(suite) !== undefined) continue;
      const says = `BMC ${name}: cipher suite ${suite} is supported by ipmitool only (ipmi/cipher-suite)`;
      throw new Unsuitable(refusal(501, says), 'lanplus');
    }
    const peer = await this.#peerOf(bmc, name, signal);
    const known = this.#knownOf(name);
    await this.#pause(known, signal);
    const { username, password, bmcKey } = bmc;
    const credentials: Credentials = { username, password, bmcKey };
    const first = firstTerms(known, owner, suites, bmc.privilege);
    const mayLower = bmc.privilege === undefined;
    const target = { name, peer, credentials, suites, first, mayLower, patience };
    const loggedIn = await logIn(this.#sockets, target, this.#timing, signal);
    Object.assign(known, { terms: loggedIn.terms, owner });
    return loggedIn;
  }

  async #pause(known: Known, signal: AbortSignal): Promise<void> {
    const { loginAt } = known;
    const waitMs = loginAt === undefined ? 0 : loginAt + this.#timing.betweenLoginsMs - performance.now();
    if (waitMs > 0) await delay(waitMs, undefined, { signal });
    known.loginAt = performance.now();
  }

  /** Resolves the host name. Throws ModelError 504 when it has no address. */
  async #peerOf({ address, port }: CheckedBmc, name: string, signal: AbortSignal): Promise<Peer> {
    const peer = { address, port: port || RMCP_PORT };
    if (isIP(address) !== 0) return peer;
    using limit = new TimeLimit(this.#timing.lookupMs);
    const patience = AbortSignal.any([signal, limit.signal]);
    const { promise: aborted, reject } = Promise.withResolvers<never>();
    const abort = () => reject(patience.reason);
    patience.addEventListener('abort', abort);
    try {
      const found = await Promise.race([lookup(address, { order: 'ipv4first' }), aborted]);
      return { ...peer, address: found.address };
    } catch (error) {
      signal.throwIfAborted();
      // A local shortage, such as no free descriptors, is not a problem of the name.
      if (isSystemError(error) && isFull(error)) throw error;
      throw refusal(504, `BMC ${name}: ${PROBLEMS.noAddress}`, error);
    } finally {
      patience.removeEventListener('abort', abort);
    }
  }
}

/** The terms to try first: those of the last login, if allowed. The privilege is only reused for the same user. */
function firstTerms(
  known: Known,
  owner: string,
  suites: readonly number[],
  wanted: Privilege | undefined,
): PlannedTerms {
  const { terms } = known;
  const [suite = 0] = suites;
  const privilege = LEVELS[wanted ?? 'administrator'];
  if (terms === undefined || !suites.includes(terms.suite)) {
    return { suite, privilege, namedInOpenSession: false };
  }
  return { ...terms, privilege: known.owner === owner ? terms.privilege : privilege };
}

function isSystemError(error: unknown): error is NodeJS.ErrnoException {
  return error instanceof Error && 'syscall' in error;
}

function isFull({ code }: NodeJS.ErrnoException): boolean {
  return code === 'EMFILE' || code === 'ENFILE';
}

function socketError(error: NodeJS.ErrnoException): ModelError {
  const hint = isFull(error) ? `: ${error.code}: the limit of open files is reached (ulimit -n)` : '';
  return refusal(500, `no UDP socket can be opened: ${error.message}${hint}`, error);
}

function remember<T>(map: Map<string, T>, name: string, value: T, most = MOST_KNOWN): void {
  if (map.size >= most && !map.has(name)) map.clear();
  map.set(name, value);
}

/** Identifies the credentials of a session, so that it is not used with others. */
function ownerOf({ username, password, cipherSuite: suite, bmcKey, privilege }: CheckedBmc): string {
  const key = bmcKey.length === 0 ? '' : Buffer.from(bmcKey).toString('hex');
  return hash('sha256', JSON.stringify([username, password, suite, key, privilege]), 'base64');
}
