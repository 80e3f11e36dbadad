import { type Limits, makeAgent, textAt, withGracePeriod } from '../../../lib/https/index.ts';
import { abortError, foreign, ModelError, own, say } from '../../../lib/models/index.ts';
import type { Logger } from '../../../lib/plugin/index.ts';
import type { Connection, Outgoing } from './connection.ts';
import { Cookies } from './cookies.ts';
import { exchange } from './exchange.ts';
import { answerFailure, hmcError } from './failure.ts';
import type { Hmc } from './hmc.ts';
import { readXml, writeXml } from './xml.ts';

/** Path for logon (PUT) and logoff (DELETE). IBM, "Logon and Logoff" of the HMC REST APIs. */
const LOGON = '/rest/api/web/Logon';
/** Requests are sequential. */
const CONNECTIONS = 1;
const LOGOFF_MS = 10_000;
/**
 * Time limit after an abort for a logon and again for a logoff. Both must fit into the 5 s that a plugin has to stop.
 */
const LATE_LOGON_MS = 2_000;
const LATE_LOGOFF_MS = 2_000;

/** The session of one action with an HMC. All calls throw ModelError. */
export class Session {
  readonly hmc: Hmc;
  readonly signal: AbortSignal;
  readonly log: Logger;
  readonly #connection: Connection;
  readonly #cookies = new Cookies();
  #token: string | undefined;

  constructor(connection: Connection, signal: AbortSignal, log: Logger) {
    this.hmc = connection.hmc;
    this.signal = signal;
    this.log = log;
    this.#connection = connection;
  }

  /** Sends a request and returns the parsed XML document; undefined for an empty answer. */
  async send(outgoing: Outgoing): Promise<unknown> {
    return this.#send(this.#connection, outgoing, this.signal);
  }

  /**
   * Logs on. Throws 403 when the HMC refuses the user name or password. An HMC locks the account after a few of these.
   */
  async logOn(): Promise<void> {
    const { username: UserID, password: Password } = this.hmc;
    const outgoing: Outgoing = {
      method: 'PUT',
      path: LOGON,
      headers: {
        'content-type': 'application/vnd.ibm.powervm.web+xml; type=LogonRequest',
        accept: 'application/vnd.ibm.powervm.web+xml; type=LogonResponse',
      },
      body: await writeXml('LogonRequest', { '@schemaVersion': 'V1_0', UserID, Password }),
    };
    // An immediate abort would leave a session at the HMC that is never closed.
    const document = await withGracePeriod(this.signal, LATE_LOGON_MS, (late) =>
      this.#send(this.#connection, outgoing, late),
    );
    this.#token = textAt(document, 'LogonResponse', 'X-API-Session');
  }

  /** Logs off. Never throws. */
  async logOff(): Promise<void> {
    if (this.#token === undefined && this.#cookies.isEmpty) return;
    const { hmc, limits } = this.#connection;
    const requestMs = this.signal.aborted ? LATE_LOGOFF_MS : LOGOFF_MS;
    const connection = { ...this.#connection, limits: { ...limits, requestMs } };
    try {
      await this.#send(connection, { method: 'DELETE', path: LOGON }, new AbortController().signal);
    } catch (error) {
      const why = error instanceof Error ? error.message : error;
      this.log.warn(`HMC ${hmc.name}: the session stays open: ${why}`);
    }
  }

  async #send(connection: Connection, outgoing: Outgoing, signal: AbortSignal): Promise<unknown> {
    const headers = {
      accept: 'application/atom+xml; charset=UTF-8',
      ...this.#cookies.header(),
      ...(this.#token === undefined ? {} : { 'x-api-session': this.#token }),
      ...outgoing.headers,
    };
    const incoming = await exchange(connection, { ...outgoing, headers }, signal);
    this.#cookies.take(incoming.headers['set-cookie']);
    const { status, text } = incoming;
    if (status < 200 || status >= 300) throw await answerFailure(connection.hmc, outgoing, incoming);
    if (text.trim() === '') return undefined;
    try {
      return await readXml(text);
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      const what = own(`${outgoing.method} ${outgoing.path}`);
      throw hmcError(connection.hmc, 502, [say`${what}: the answer cannot be read: ${foreign(why)}`], error);
    }
  }
}

/** Runs `work` in a new session, which is closed in any case. Throws ModelError, and what `work` throws. */
export async function withSession<T>(
  hmc: Hmc,
  limits: Limits,
  signal: AbortSignal,
  log: Logger,
  work: (session: Session) => Promise<T>,
): Promise<T> {
  const agent = await makeAgent(hmc, CONNECTIONS);
  const session = new Session({ hmc, agent, limits }, signal, log);
  try {
    await session.logOn();
    signal.throwIfAborted();
    return await work(session);
  } catch (error) {
    if (signal.aborted && !(error instanceof ModelError)) throw abortError(`HMC ${hmc.name}`, signal);
    throw error;
  } finally {
    await session.logOff();
    agent.destroy();
  }
}
