import { linkAt, type Resource } from '../https/index.ts';
import { ModelError } from '../models/index.ts';
import { basicToken, type Connection } from './connection.ts';
import { exchange, ownUri, pathOf } from './exchange.ts';
import { isRefusedLogin, SESSIONS } from './session.ts';

/**
 * Tests a login: opens and closes a session, or uses basic authentication if the service has no sessions. `unknown`:
 * the service gave no clear answer. Throws only after an abort.
 */
export async function canLogIn(
  connection: Connection,
  root: Resource,
  { username, password }: { username: string; password: string },
  signal: AbortSignal,
): Promise<'yes' | 'no' | 'unknown'> {
  const uri = ownUri(connection.bmc, linkAt(root, 'Links', 'Sessions') ?? SESSIONS);
  try {
    const body = { UserName: username, Password: password };
    const login = await exchange(connection, { method: 'POST', uri, body }, signal);
    const token = login.headers['x-auth-token'];
    if (login.status < 300 && typeof token === 'string') {
      const session = login.headers.location && pathOf(login.headers.location, connection.bmc.origin);
      if (session) {
        const logout = { method: 'DELETE', uri: session, headers: { 'x-auth-token': token } } as const;
        await exchange(connection, logout, signal).catch(() => undefined);
      }
      return 'yes';
    }
    if (isRefusedLogin(login)) return 'no';
    const headers = { authorization: `Basic ${basicToken(username, password)}` };
    const { status } = await exchange(connection, { method: 'GET', uri, headers }, signal);
    return status < 300 ? 'yes' : status === 401 ? 'no' : 'unknown';
  } catch (error) {
    signal.throwIfAborted();
    if (!(error instanceof ModelError)) throw error;
    return 'unknown';
  }
}
