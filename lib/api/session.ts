import { ModelError } from '../models/index.ts';
import { answerFrom, type RawAnswer } from './answer.ts';
import type { Request } from './request.ts';
import type { Settings } from './settings.ts';

/** Lifetime in seconds of a fetched token, as in Go's client. */
const TOKEN_LIFE = 600;

/** The part of Connection that fetches a token. */
interface Exchange {
  exchange(request: Request, authorization: string | undefined): Promise<RawAnswer>;
}

/** The client's credentials at the endpoint. They stay in memory. */
export class Session {
  /** Name of the user; undefined with a token. */
  get user(): string | undefined {
    return this.#token === undefined && this.#user !== '' ? this.#user : undefined;
  }

  readonly #token: string | undefined;
  readonly #basic: string | undefined;
  readonly #user: string;
  readonly #password: string;
  readonly #now: () => number;
  #fetched: { token: string; renewAt: number; endsAt: number } | undefined;
  #fetching: Promise<string> | undefined;
  readonly #handedOut = new Set<string>();

  constructor(settings: Settings, now: () => number = () => performance.now()) {
    const { token, user = '', password = '' } = settings;
    this.#token = token;
    this.#user = user;
    this.#password = password;
    this.#basic = user === '' ? undefined : Buffer.from(`${user}:${password}`).toString('base64');
    this.#now = now;
  }

  /**
   * The Authorization header for the next request; undefined without credentials. Fetches a token when the session has
   * no token, or half of the token's life is over. Uses no timer, so that an idle client renews nothing.
   */
  async authorization(connection: Exchange, signal?: AbortSignal): Promise<string | undefined> {
    if (this.#token !== undefined) return `Bearer ${this.#token}`;
    if (this.#basic === undefined) return undefined;
    const had = this.#fetched;
    if (had !== undefined && this.#now() < had.renewAt) return `Bearer ${had.token}`;
    signal?.throwIfAborted();
    // Callers share one request, so it is not bound to the signal of the first.
    this.#fetching ??= this.#fetch(connection).finally(() => {
      this.#fetching = undefined;
    });
    try {
      return `Bearer ${await unlessAborted(this.#fetching, signal)}`;
    } catch (error) {
      signal?.throwIfAborted();
      if (had !== undefined && this.#now() < had.endsAt) return `Bearer ${had.token}`;
      throw error;
    }
  }

  /**
   * A token with the rights of this client: the one that it was given, or a new one that is valid for `seconds`.
   * Undefined without credentials.
   */
  async token(connection: Exchange, seconds: number, signal?: AbortSignal): Promise<string | undefined> {
    if (this.#token !== undefined || this.#basic === undefined) return this.#token;
    const token = await this.#request(connection, seconds, signal);
    this.#handedOut.add(token);
    return token;
  }

  /** Whether `response` refuses the fetched token. The token is then discarded, and a new one may work. */
  refused({ statusCode, body }: RawAnswer, authorization: string | undefined): boolean {
    const token = this.#fetched?.token;
    if (token === undefined || authorization !== `Bearer ${token}`) return false;
    // dr-provision answers 403 both for an invalid token and for a missing right.
    const bad =
      statusCode === 401 ||
      (statusCode === 403 && /Invalid Token|Validation failed/.test(new TextDecoder().decode(body)));
    if (bad) this.#fetched = undefined;
    return bad;
  }

  /** Values that must not appear in logs and errors. */
  secrets(): string[] {
    const all = [this.#token, this.#fetched?.token, this.#basic, this.#password, ...this.#handedOut];
    return all.filter((secret) => secret !== undefined && secret !== '') as string[];
  }

  async #fetch(connection: Exchange): Promise<string> {
    const started = this.#now();
    const token = await this.#request(connection, TOKEN_LIFE);
    const life = TOKEN_LIFE * 1000;
    this.#fetched = { token, renewAt: started + life / 2, endsAt: started + life };
    return token;
  }

  async #request(connection: Exchange, ttl: number, signal?: AbortSignal): Promise<string> {
    const request = { path: ['users', this.#user, 'token'], query: { ttl }, urlProxy: '', signal };
    const response = await connection.exchange(request, `Basic ${this.#basic}`);
    const { body } = answerFrom(request, response, this.secrets());
    const token = typeof body === 'object' && body !== null && 'Token' in body ? body.Token : undefined;
    if (typeof token !== 'string' || token === '') {
      throw new ModelError(502, 'The endpoint sent no token', {
        type: 'CLIENT_ERROR',
        model: 'users',
        key: this.#user,
      });
    }
    return token;
  }
}

async function unlessAborted<T>(promise: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (signal === undefined) return promise;
  const { promise: aborted, reject } = Promise.withResolvers<never>();
  const abort = () => reject(signal.reason);
  signal.addEventListener('abort', abort, { once: true });
  try {
    return await Promise.race([promise, aborted]);
  } finally {
    signal.removeEventListener('abort', abort);
  }
}
