import { linkAt, type Resource, textAt, withGracePeriod } from '../https/index.ts';
import { ModelError, own } from '../models/index.ts';
import { basicToken, type Connection, type Credentials, type Incoming, type Log } from './connection.ts';
import { exchange, ownUri, pathOf } from './exchange.ts';
import { failure } from './failure.ts';
import { messagesIn } from './messages.ts';
import { type Patience, untilReady } from './retry.ts';

/** Path of the sessions, the same for all services (DSP0266, Redfish session login authentication). */
export const SESSIONS = '/redfish/v1/SessionService/Sessions';
/**
 * Time limit after an abort for a login and again for a logout. Both must fit into the 5 s that a plugin has to stop.
 */
const LATE_LOGIN_MS = 2_000;
const LATE_LOGOUT_MS = 2_000;
/** After this many consecutive refusals no further login is tried. */
const MOST_REFUSALS = 3;
/** Time limit for a logout in ms. It delays the action's result, although it does not change it. */
const LOGOUT_MS = 10_000;

/** What a login needs. */
export interface LoginContext {
  root: Resource;
  signal: AbortSignal;
  log: Log;
  patience: Patience;
  pollMs: number;
}

/**
 * Runs `work` in a new session, which is closed in any case, or with basic authentication if the service has no
 * sessions. Throws ModelError, 403 when the user name or password is refused.
 */
export async function withSession<T>(
  connection: Connection,
  context: LoginContext,
  work: (session: Session) => Promise<T>,
): Promise<T> {
  const session = new Session(connection, context);
  try {
    await session.open();
    context.signal.throwIfAborted();
    return await work(session);
  } finally {
    await session.close();
  }
}

/** The credentials of requests: a session's token, or user name and password with each request. */
export class Session {
  readonly #connection: Connection;
  readonly #context: LoginContext;
  #credentials: Credentials = {};
  /** URI of the session; undefined without one. */
  #uri: string | undefined;
  #renewal: Promise<void> | undefined;
  #refusal: ModelError | undefined;
  #refusals = 0;

  constructor(connection: Connection, context: LoginContext) {
    this.#connection = connection;
    this.#context = context;
  }

  get credentials(): Credentials {
    return this.#credentials;
  }

  /** Whether there is a session, which the service may end. */
  get isSession(): boolean {
    return 'x-auth-token' in this.#credentials;
  }

  /** Whether the session has credentials. It loses them when the service ends it and it cannot be reopened. */
  get isOpen(): boolean {
    return Object.keys(this.#credentials).length > 0;
  }

  /** Logs in. Throws ModelError, 403 when the user name or password is refused. */
  async open(): Promise<void> {
    const { bmc } = this.#connection;
    const { root, signal, patience, pollMs } = this.#context;
    const { username, password } = bmc;
    const uri = ownUri(bmc, linkAt(root, 'Links', 'Sessions') ?? SESSIONS);
    const request = { method: 'POST', uri, body: { UserName: username, Password: password } } as const;
    const { incoming, tried } = await untilReady(
      async () => {
        // An immediate abort would leave a session at the service that is never closed.
        const answer = await withGracePeriod(signal, LATE_LOGIN_MS, (late) =>
          exchange(this.#connection, request, late),
        );
        this.#take(answer);
        return answer;
      },
      { effect: 'read', patience, pollMs, signal, isFinal: hasNoRoom, stubborn: true },
    );
    if (this.isSession) return;
    if (isRefusedLogin(incoming)) throw failure(bmc, request, { ...incoming, status: 401 });
    const { status } = incoming;
    if (status >= 500 && status !== 501 && !hasNoRoom(incoming)) {
      throw failure(bmc, request, incoming, ...(tried === undefined ? [] : [own(tried)]));
    }
    this.#context.log.info(
      `BMC ${bmc.name}: makes no session (status ${status}); basic authentication is used`,
    );
    this.#credentials = { authorization: `Basic ${basicToken(username, password)}` };
  }

  /** Replaces the session with these credentials, which the service has ended. Throws like `open`. */
  async renew(dropped: Credentials): Promise<void> {
    if (this.#credentials !== dropped) return;
    this.#renewal ??= this.#reopen().finally(() => {
      this.#renewal = undefined;
    });
    await this.#renewal;
  }

  async #reopen(): Promise<void> {
    if (this.#refusal !== undefined && this.#refusals >= MOST_REFUSALS) throw this.#refusal;
    this.#context.log.info(
      `BMC ${this.#connection.bmc.name}: has dropped the session; another one is opened`,
    );
    this.#credentials = {};
    this.#uri = undefined;
    try {
      await this.open();
      this.#refusals = 0;
    } catch (error) {
      // The password was accepted before: a restarting BMC may refuse valid logins for a while, but must not lock the
      // account.
      if (error instanceof ModelError && error.code === 403) {
        this.#refusal = error;
        this.#refusals += 1;
      }
      throw error;
    }
  }

  #take({ status, headers, body }: Incoming): void {
    const token = headers['x-auth-token'];
    if (status >= 300 || typeof token !== 'string') return;
    const { name, origin } = this.#connection.bmc;
    // Some services tell it only in the body (DMTF/python-redfish-library issue 172).
    const location = headers.location ?? textAt(body, '@odata.id');
    if (location === undefined) {
      this.#context.log.warn(`BMC ${name}: gave no address of its session, which stays open`);
    }
    this.#credentials = { 'x-auth-token': token };
    this.#uri = location && pathOf(location, origin);
  }

  /** Logs out. Never throws. */
  async close(): Promise<void> {
    if (this.#uri === undefined) return;
    const { signal, log } = this.#context;
    const connection = this.#connection;
    const { name } = connection.bmc;
    const request = { method: 'DELETE', uri: this.#uri, headers: this.#credentials } as const;
    const within = (ms: number) => ({
      ...connection,
      limits: { ...connection.limits, requestMs: Math.min(ms, connection.limits.requestMs) },
    });
    try {
      const { status } = signal.aborted
        ? await exchange(within(LATE_LOGOUT_MS), request, new AbortController().signal)
        : await withGracePeriod(signal, LATE_LOGOUT_MS, (late) => exchange(within(LOGOUT_MS), request, late));
      // 401 and 404: the service has ended the session already.
      if (status >= 400 && status !== 401 && status !== 404) {
        log.warn(`BMC ${name}: does not close the session: status ${status}`);
      }
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      log.warn(`BMC ${name}: the session stays open: ${why}`);
    }
  }
}

/** Whether an answer says that the session with these credentials has ended. */
export function isDropped({ status, body }: Incoming): boolean {
  if (status === 401) return true;
  if (status !== 400 && status !== 403) return false;
  return messagesIn(body).some(({ name }) => DROPPED.test(name));
}

/** Messages of DSP8011 about ended sessions, with any status. */
const DROPPED =
  /^(NoValidSession|SessionTerminated|SessionExpired|AccountForSessionNoLongerExists|InvalidAuthToken)$/i;

/** Whether all sessions are in use. Basic authentication needs none. */
function hasNoRoom({ status, body }: Incoming): boolean {
  return (
    status >= 400 && messagesIn(body).some(({ id, text }) => /SessionLimit|sessions/i.test(`${id} ${text}`))
  );
}

/**
 * Whether the service has checked the password and refused it. Some do not answer 401 (DMTF/Redfish-Service-Validator
 * pull request 207), and sending the password again by basic authentication would count as another failed login, which
 * can lock the account. A 403 alone means that the user may not have sessions; basic authentication may work then.
 */
export function isRefusedLogin(incoming: Incoming): boolean {
  const { status, body } = incoming;
  if (status === 401) return true;
  if ((status !== 400 && status !== 403) || hasNoRoom(incoming)) return false;
  const said = messagesIn(body)
    .map(({ id, text }) => `${id} ${text}`)
    .join('\n');
  if (/unauthori[sz]ed|credential|lock/i.test(said)) return true;
  return /passw/i.test(said) && /invalid|incorrect|wrong|fail/i.test(said);
}
