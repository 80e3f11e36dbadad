import { randomBytes, timingSafeEqual } from 'node:crypto';
import { link, type Reply, ROOT } from './endpoint.ts';
import { errorBody, message } from './messages.ts';
import type { RedfishOptions } from './options.ts';
import { isJson } from './rules.ts';

export const SESSIONS = `${ROOT}/SessionService/Sessions`;

/** Who may do what: session login and basic authentication (DSP0266, Authentication). */
export class Sessions {
  /** Open sessions by their token. */
  readonly #open = new Map<string, string>();
  readonly #closed = new Set<string>();
  readonly #options: RedfishOptions;
  readonly username: string;
  /** By user name. */
  readonly passwords: Map<string, string>;
  /** How many were opened. */
  opened = 0;

  constructor(options: RedfishOptions) {
    this.#options = options;
    this.username = options.username ?? 'admin';
    this.passwords = new Map([[this.username, options.password ?? 'redfish-pa55']]);
  }

  get password(): string {
    return this.passwords.get(this.username) ?? '';
  }

  get open(): number {
    return this.#open.size;
  }

  /** Ends all sessions, as a restart of the BMC does. Clients learn of it by their next request. */
  forget(): void {
    this.#open.clear();
  }

  /** Whether the token is that of a session that was closed: a client that still uses it is broken. */
  isClosed(token: string): boolean {
    return this.#closed.has(token);
  }

  knows(token: string | undefined, authorization: string | undefined): boolean {
    if (token !== undefined) return this.#open.has(token);
    const [, credentials = ''] = /^Basic (\S+)$/.exec(authorization ?? '') ?? [];
    const [username = '', password = ''] = credentials === '' ? [] : atob(credentials).split(':');
    return this.#mayEnter(username, password);
  }

  #mayEnter(username: string, password: string): boolean {
    const known = this.passwords.get(username);
    return known !== undefined && same(password, known);
  }

  /** POST to the collection: 201 with X-Auth-Token, Location and the session (DSP0266, Session login). */
  create(body: unknown, host: string): Reply {
    const { sessions, sessionLocation = 'header' } = this.#options;
    if (sessions === 'refused') {
      return { status: 405, body: errorBody([message('OperationNotAllowed')]), headers: { allow: 'GET' } };
    }
    if (sessions === 'full') return { status: 503, body: errorBody([message('SessionLimitExceeded')]) };
    const given = isJson(body) ? body : {};
    const missing = ['UserName', 'Password'].filter((name) => typeof given[name] !== 'string');
    if (missing.length > 0) {
      return {
        status: 400,
        body: errorBody(missing.map((name) => message('CreateFailedMissingReqProperties', name))),
      };
    }
    const unknown = Object.keys(given).filter((name) => !['UserName', 'Password', 'Context'].includes(name));
    if (unknown.length > 0) {
      return { status: 400, body: errorBody(unknown.map((name) => message('PropertyUnknown', name))) };
    }
    if (!this.#mayEnter(String(given.UserName), String(given.Password))) {
      return { status: 401, body: errorBody([message('AccessDenied', SESSIONS)]) };
    }
    this.opened += 1;
    const uri = `${SESSIONS}/${this.opened}`;
    const token = randomBytes(16).toString('hex');
    this.#open.set(token, uri);
    const location = sessionLocation === 'other name' ? `https://bmc.example${uri}` : uri;
    const headers = { 'x-auth-token': token, ...(sessionLocation === 'body' ? {} : { location }) };
    const session = {
      Id: String(this.opened),
      Name: `User session at ${host}`,
      UserName: given.UserName,
      Password: null,
    };
    return {
      status: 201,
      headers,
      body: { ...link(uri), '@odata.type': '#Session.v1_8_0.Session', ...session },
    };
  }

  /** DELETE of a session (DSP0266, Session termination or logout). Undefined: there is no such session. */
  remove(uri: string): Reply | undefined {
    for (const [token, open] of this.#open) {
      if (open !== uri) continue;
      this.#open.delete(token);
      this.#closed.add(token);
      return { status: 204 };
    }
    return undefined;
  }

  collection(): object {
    const members = [...this.#open.values()].map(link);
    return {
      '@odata.type': '#SessionCollection.SessionCollection',
      Name: 'Sessions',
      'Members@odata.count': members.length,
      Members: members,
    };
  }
}

function same(a: string, b: string): boolean {
  return a.length === b.length && timingSafeEqual(Buffer.from(a), Buffer.from(b));
}
