import { linkAt, type Resource, textAt, withGracePeriod } from '../https/index.ts';
import { basicToken, type Connection, type Credentials, type Incoming, type Log } from './connection.ts';
import { exchange, ownUri } from './exchange.ts';
import { failure } from './failure.ts';
import { messagesIn } from './messages.ts';

/** Where every service has its sessions (DSP0266, Redfish session login authentication). */
export const SESSIONS = '/redfish/v1/SessionService/Sessions';
/** For what goes on after an abort: each, so that both fit into the 5 s that a plugin has to stop. */
const LATE_LOGIN_MS = 2_000;
const LATE_LOGOUT_MS = 2_000;
/** Nobody needs its answer: the result is not kept waiting for it for long. */
const LOGOUT_MS = 10_000;

/**
 * Runs `work` in a session of its own, which is closed in any case, or with basic authentication where the service
 * makes no sessions. Throws ModelError, 403 when the user name or password is refused.
 */
export async function withSession<T>(
  connection: Connection,
  root: Resource,
  signal: AbortSignal,
  log: Log,
  work: (credentials: Credentials) => Promise<T>,
): Promise<T> {
  const session = await login(connection, root, signal, log);
  try {
    signal.throwIfAborted();
    return await work(session.credentials);
  } finally {
    if (session.uri !== undefined) await logout(connection, session.uri, session.credentials, signal, log);
  }
}

interface Session {
  credentials: Credentials;
  /** What to delete; undefined without a session. */
  uri?: string;
}

async function login(
  connection: Connection,
  root: Resource,
  signal: AbortSignal,
  log: Log,
): Promise<Session> {
  const { bmc } = connection;
  const { username, password } = bmc;
  const uri = ownUri(bmc, linkAt(root, 'Links', 'Sessions') ?? SESSIONS);
  const request = { method: 'POST', uri, body: { UserName: username, Password: password } } as const;
  // Were it cancelled at once, the service would keep a session that is never closed.
  const incoming = await withGracePeriod(signal, LATE_LOGIN_MS, (late) =>
    exchange(connection, request, late),
  );
  const { status, headers, body } = incoming;
  if (isRefusal(incoming)) throw failure(bmc, request, { ...incoming, status: 401 });
  const token = headers['x-auth-token'];
  if (status < 300 && typeof token === 'string') {
    // Some services tell it but in the body (DMTF/python-redfish-library issue 172).
    const location = headers.location ?? textAt(body, '@odata.id');
    if (location === undefined) log.warn(`BMC ${bmc.name}: told no address of its session, which stays open`);
    return { credentials: { 'x-auth-token': token }, uri: location && pathOf(location, bmc.origin) };
  }
  log.info(`BMC ${bmc.name}: makes no session (status ${status}); basic authentication is used`);
  return { credentials: { authorization: `Basic ${basicToken(username, password)}` } };
}

/**
 * Whether the service has looked at the password and refused it. Not all answer with 401 (DMTF/Redfish-Service-Validator
 * pull request 207), and to show it again, by basic authentication, would count as one more failure: BMCs lock.
 */
function isRefusal({ status, body }: Incoming): boolean {
  if (status === 401) return true;
  if (status !== 400 && status !== 403) return false;
  const said = messagesIn(body)
    .map(({ id, text }) => `${id} ${text}`)
    .join('\n');
  if (/SessionLimit|sessions/i.test(said)) return false;
  if (status === 403 || /unauthori[sz]ed|credential|lock/i.test(said)) return true;
  return /passw/i.test(said) && /invalid|incorrect|wrong|fail/i.test(said);
}

async function logout(
  connection: Connection,
  uri: string,
  credentials: Credentials,
  signal: AbortSignal,
  log: Log,
): Promise<void> {
  const name = connection.bmc.name;
  const request = { method: 'DELETE', uri, headers: credentials } as const;
  const within = (ms: number) => ({
    ...connection,
    limits: { ...connection.limits, requestMs: Math.min(ms, connection.limits.requestMs) },
  });
  try {
    const { status } = signal.aborted
      ? await exchange(within(LATE_LOGOUT_MS), request, new AbortController().signal)
      : await withGracePeriod(signal, LATE_LOGOUT_MS, (late) => exchange(within(LOGOUT_MS), request, late));
    if (status >= 400) log.warn(`BMC ${name}: does not close the session: status ${status}`);
  } catch (error) {
    log.warn(`BMC ${name}: the session stays open: ${error instanceof Error ? error.message : error}`);
  }
}

/** The path of a URI that may name the service's host in another way than we do. */
export function pathOf(uri: string, base: string): string | undefined {
  if (!URL.canParse(uri, base)) return undefined;
  const { pathname, search } = new URL(uri, base);
  return `${pathname}${search}`;
}
