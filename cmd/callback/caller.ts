import { foreign, ModelError, own, Secrets, say, type Wording } from '../../lib/models/index.ts';
import type { Logger } from '../../lib/plugin/index.ts';
import { type Auth, secretsOf } from './auth.ts';
import type { Callback } from './entry.ts';
import { type Exchange, type Incoming, NoAnswer } from './exchange.ts';
import { ABOUT } from './failure.ts';
import { secretHeaders } from './secrecy.ts';
import { sleep } from './sleep.ts';
import { NoToken, type Tokens } from './tokens.ts';

/** The content of a callback, the same for every try. */
export interface Message {
  callback: Callback;
  url: string;
  headers: Readonly<Record<string, string>>;
  body: string | undefined;
  /** Identifies the message, so that a receiver can detect repetitions. */
  id: string;
  /** Secret values rendered into it. */
  secrets: readonly string[];
}

/** The answer, and its secret values. */
export interface Answered {
  answer: Incoming;
  secrets: Secrets;
}

/** A callback that has finally failed. */
export class CallbackFailure extends ModelError {
  /** Whether a later retry may succeed. */
  readonly isTemporary: boolean;

  constructor(code: number, message: string, isTemporary: boolean, cause?: unknown) {
    super(code, message, { ...ABOUT, cause });
    this.isTemporary = isTemporary;
  }
}

/** A longer Retry-After is not waited for. */
const LONGEST_RETRY_AFTER_MS = 60_000;
/** Statuses of refusals that may be temporary. */
const TEMPORARY = new Set([401, 403, 408, 409, 423, 425, 429]);
/** Statuses of missing rights: the message is tried with the next auth. */
const DENIED = new Set([401, 403]);

/** The result of a failed try. */
interface Failure {
  code: number;
  says: Wording;
  /** Whether the credentials were refused. */
  denied: boolean;
  isTemporary: boolean;
  pauseMs: number;
}

/** Sends callbacks with each auth in turn, several times if configured. */
export class Caller {
  readonly #exchange: Exchange;
  readonly #tokens: Tokens;
  readonly #auths: ReadonlyMap<string, Auth>;
  readonly #secrets: readonly string[];

  /** `secrets` are masked wherever they occur. */
  constructor(
    exchange: Exchange,
    tokens: Tokens,
    auths: ReadonlyMap<string, Auth>,
    secrets: readonly string[],
  ) {
    this.#exchange = exchange;
    this.#tokens = tokens;
    this.#auths = auths;
    this.#secrets = [...secrets, ...[...auths.values()].flatMap(secretsOf)];
  }

  /** Throws CallbackFailure with the status of the answer as its code, or the reason of the signal. */
  async call(message: Message, log: Logger, signal: AbortSignal): Promise<Answered> {
    const { callback } = message;
    const limit = AbortSignal.timeout(callback.timeoutMs);
    const within = AbortSignal.any([signal, limit]);
    const ways = callback.auths.map((name) => this.#auths.get(name)).filter((auth) => auth !== undefined);
    let failure: Failure | undefined;
    let tries = 0;
    try {
      for (const auth of ways.length > 0 ? ways : [undefined]) {
        for (let again = 0; again <= callback.retry; again += 1) {
          if (failure !== undefined && again > 0)
            await sleep(Math.max(callback.delayMs, failure.pauseMs), within);
          tries += 1;
          const result = await this.#try(message, auth, log, within);
          if ('answer' in result) return { answer: result.answer, secrets: this.#secretsIn(message) };
          failure = result;
          if (result.code === 0) break;
        }
        if (failure?.denied !== true) break;
      }
    } catch (error) {
      signal.throwIfAborted();
      if (!limit.aborted) throw error;
      failure ??= { code: 504, says: say`was not called`, denied: false, isTemporary: true, pauseMs: 0 };
      failure = {
        ...failure,
        says: say`${failure.says}; the time for all tries, ${callback.timeoutMs / 1000} s, is up`,
      };
    }
    throw this.#failed(message, failure, tries);
  }

  /** Makes one try with an auth. A cached token that is refused is replaced immediately, without counting as a try. */
  async #try(
    message: Message,
    auth: Auth | undefined,
    log: Logger,
    signal: AbortSignal,
  ): Promise<{ answer: Incoming } | Failure> {
    for (;;) {
      let credentials: Credentials;
      try {
        credentials = await this.#credentials(auth, signal);
      } catch (error) {
        if (!(error instanceof NoToken)) throw error;
        // Requests for the token have been repeated already.
        return { code: 0, says: error.says, denied: true, isTemporary: true, pauseMs: 0 };
      }
      const headers = { ...(await this.#headers(message)), ...credentials.headers };
      const result = await this.#send(message, headers, log, signal);
      if ('answer' in result || !result.denied || auth === undefined || credentials.token === undefined)
        return result;
      this.#tokens.drop(auth, credentials.token);
      if (!credentials.isKept) return result;
    }
  }

  async #send(
    message: Message,
    headers: Readonly<Record<string, string>>,
    log: Logger,
    signal: AbortSignal,
  ): Promise<{ answer: Incoming } | Failure> {
    const { callback, url, body, id } = message;
    const { method, trust, tryMs } = callback;
    if (callback.debug) {
      const names = Object.keys(headers).join(', ');
      const size = own(`${Buffer.byteLength(body ?? '')} bytes, headers ${names}`);
      log.info(this.#text(message, say`sends ${size}, ${own(id)}`));
    }
    let answer: Incoming;
    try {
      answer = await this.#exchange.send({ method, url, headers, body, trust, limitMs: tryMs }, signal);
    } catch (error) {
      if (!(error instanceof NoAnswer)) throw error;
      if (callback.debug) log.info(this.#text(message, error.says));
      return { code: error.code, says: error.says, denied: false, isTemporary: true, pauseMs: 0 };
    }
    const { status } = answer;
    if (callback.debug) {
      log.info(this.#text(message, say`answered ${status}, ${answer.body.length} bytes${quoted(answer)}`));
    }
    if (status < 300) return { answer };
    const seconds = Number(answer.headers['retry-after']);
    return {
      code: status < 400 ? 502 : status,
      says: say`answered ${status} ${foreign(answer.reason)}${quoted(answer)}`,
      denied: DENIED.has(status),
      isTemporary: status >= 500 || TEMPORARY.has(status),
      pauseMs: seconds > 0 ? Math.min(seconds * 1000, LONGEST_RETRY_AFTER_MS) : 0,
    };
  }

  async #headers({ callback, headers, body, id }: Message): Promise<Record<string, string>> {
    const all: Record<string, string> = {
      accept: 'application/json',
      ...(body === undefined ? {} : { 'content-type': 'application/json; charset=utf-8' }),
      'idempotency-key': id,
    };
    if (callback.secret !== undefined) {
      const { createHmac } = await import('node:crypto');
      const signature = createHmac('sha256', callback.secret)
        .update(body ?? '')
        .digest('hex');
      all['x-hub-signature-256'] = `sha256=${signature}`;
    }
    for (const [name, value] of Object.entries(headers)) all[name.toLowerCase()] = value;
    return all;
  }

  async #credentials(auth: Auth | undefined, signal: AbortSignal): Promise<Credentials> {
    if (auth === undefined) return { headers: {}, token: undefined, isKept: false };
    if (auth.type === 'basic') {
      const encoded = Buffer.from(`${auth.username}:${auth.password}`).toString('base64');
      return { headers: { authorization: `Basic ${encoded}` }, token: undefined, isKept: false };
    }
    const { text, isKept } = await this.#tokens.get(auth, signal);
    const bearer = `Bearer ${text}`;
    return { headers: { authorization: bearer, authentication: bearer }, token: text, isKept };
  }

  #failed(message: Message, failure: Failure | undefined, tries: number): CallbackFailure {
    const { code = 500, says = say`was not called`, isTemporary = false } = failure ?? {};
    const after = tries > 1 ? say` (${tries} tries)` : say``;
    const status = code === 0 ? 502 : code;
    return new CallbackFailure(
      status,
      `Callback API returned ${status}: ${this.#text(message, say`${says}${after}`)}`,
      isTemporary,
    );
  }

  #text(message: Message, says: Wording): string {
    const { callback, url } = message;
    const { origin, pathname } = new URL(url);
    return this.#secretsIn(message).text(
      say`${own(callback.name)}: ${own(callback.method)} ${own(origin)}${foreign(pathname)} ${says}`,
    );
  }

  #secretsIn({ callback, headers, secrets }: Message): Secrets {
    const key = callback.secret === undefined ? [] : [callback.secret];
    return new Secrets([
      ...this.#secrets,
      ...this.#tokens.seen,
      ...key,
      ...secrets,
      ...secretHeaders(headers),
    ]);
  }
}

interface Credentials {
  headers: Record<string, string>;
  /** The used token; undefined when it was not cached. */
  token: string | undefined;
  isKept: boolean;
}

/** The receiver's message, if it is text. */
function quoted({ headers, body }: Incoming): Wording {
  const type = headers['content-type'] ?? '';
  if (body.length === 0 || !/json|^text\/plain/i.test(type)) return say``;
  return say`: ${foreign(body.toString())}`;
}
