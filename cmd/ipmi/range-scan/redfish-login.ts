import {
  isResource,
  linkAt,
  linksAt,
  type Resource,
  textAt,
  withGracePeriod,
} from '../../../lib/https/index.ts';
import type { Identity } from '../../../lib/ipmi/index.ts';
import { ModelError, Secrets } from '../../../lib/models/index.ts';
import {
  basicToken,
  type Connection,
  exchange,
  failure,
  type Incoming,
  messagesIn,
  ownUri,
  pathOf,
  SESSIONS,
} from '../../../lib/redfish/index.ts';
import type { Credential } from './settings.ts';

type Headers = Readonly<Record<string, string>>;

const SYSTEMS = '/redfish/v1/Systems';
/**
 * Time limit after an abort for a login and again for a logout. Both must fit into the 5 s that a plugin has to stop.
 */
const LATE_LOGIN_MS = 2_000;
const LOGOUT_MS = 2_000;
/** Statuses of services without session login. They have not checked the password. */
const NO_SESSIONS = new Set([404, 405, 501]);

/**
 * Logs in once and reads the system's identity. Undefined when user name or password are refused. Throws ModelError for
 * every other answer, such as a locked account, and the signal's reason. Unlike the actions, it never sends a password
 * twice to a service that may have checked it.
 */
export async function redfishLogin(
  anonymous: Connection,
  root: Resource,
  credential: Credential,
  signal: AbortSignal,
): Promise<Identity | undefined> {
  const { username, password } = credential;
  const basic = basicToken(username, password);
  const bmc = { ...anonymous.bmc, ...credential, secrets: new Secrets([password, basic]) };
  const connection = { ...anonymous, bmc };
  const request = {
    method: 'POST',
    uri: ownUri(bmc, linkAt(root, 'Links', 'Sessions') ?? SESSIONS),
    body: { UserName: username, Password: password },
  } as const;
  // An immediate abort would leave a session at the service that is never closed.
  const incoming = await withGracePeriod(signal, LATE_LOGIN_MS, (late) =>
    exchange(connection, request, late),
  );
  if (isPlainRefusal(incoming)) return undefined;
  const token = incoming.headers['x-auth-token'];
  if (incoming.status < 300 && typeof token === 'string') {
    const headers = { 'x-auth-token': token };
    try {
      signal.throwIfAborted();
      return (await systemIdentity(connection, root, headers, signal)) ?? {};
    } catch (error) {
      signal.throwIfAborted();
      // The login was accepted, but the user may not read systems.
      if (error instanceof ModelError) return {};
      throw error;
    } finally {
      await logout(connection, incoming, headers);
    }
  }
  if (NO_SESSIONS.has(incoming.status) || isSaid(incoming, /SessionLimitExceeded/)) {
    return systemIdentity(connection, root, { authorization: `Basic ${basic}` }, signal);
  }
  throw failure(bmc, request, incoming);
}

/** The identity of the only system; {} when there are several or none. Undefined and errors as for `redfishLogin`. */
async function systemIdentity(
  connection: Connection,
  root: Resource,
  headers: Headers,
  signal: AbortSignal,
): Promise<Identity | undefined> {
  const { bmc } = connection;
  const get = (uri: string) =>
    exchange(connection, { method: 'GET', uri: ownUri(bmc, uri), headers }, signal);
  const uri = linkAt(root, 'Systems') ?? SYSTEMS;
  const collection = await get(uri);
  if (isPlainRefusal(collection)) return undefined;
  if (collection.status !== 200) throw failure(bmc, { method: 'GET', uri }, collection);
  const [member, ...others] = linksAt(collection.body, 'Members');
  if (member === undefined || others.length > 0) return {};
  const { body } = await get(member);
  if (!isResource(body)) return {};
  const told = {
    vendor: textAt(body, 'Manufacturer'),
    product: textAt(body, 'Model'),
    uuid: textAt(body, 'UUID'),
  };
  return Object.fromEntries(Object.entries(told).filter(([, value]) => value));
}

function isPlainRefusal(incoming: Incoming): boolean {
  return incoming.status === 401 && !isSaid(incoming, /lock|block|too many|exceed|attempts|try again/i);
}

function isSaid({ body }: Incoming, pattern: RegExp): boolean {
  return messagesIn(body).some(({ id, text }) => pattern.test(id) || pattern.test(text));
}

/** Ends the session. Errors are ignored: the service ends it in time. */
async function logout(
  connection: Connection,
  { headers, body }: Incoming,
  credentials: Headers,
): Promise<void> {
  const uri = pathOf(headers.location ?? textAt(body, '@odata.id') ?? '', connection.bmc.origin);
  if (uri === undefined || uri === '/') return;
  const limits = { ...connection.limits, requestMs: LOGOUT_MS };
  const request = { method: 'DELETE', uri, headers: credentials } as const;
  await exchange({ ...connection, limits }, request, new AbortController().signal).catch(() => undefined);
}
