import { ModelError } from '../models/index.ts';
import { answerFrom, type RawAnswer } from './answer.ts';
import type { Request } from './request.ts';
import type { Settings } from './settings.ts';

/** Seconds for which a fetched token is valid; the reference client asks for the same. */
const TOKEN_LIFE = 600;

/** What the session fetches its token by. */
interface Exchange {
  exchange(request: Request, authorization: string | undefined): Promise<RawAnswer>;
}

/** Who the client is to the endpoint. Credentials stay in memory. */
export class Session {
  /** Name of the user, where it has one; of a token it is not known. */
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
   * The Authorization header for the next request; undefined without credentials. Fetches a token if there is no token
   * yet, or if half of its life is over. Needs no timer, so an idle client renews nothing.
   */
  async authorization(connection: Exchange, signal?: AbortSignal): Promise<string | undefined> {
    if (this.#token !== undefined) return `Bearer ${this.#token}`;
    if (this.#basic === undefined) return undefined;
    const had = this.#fetched;
    if (had !== undefined && this.#now() < had.renewAt) return `Bearer ${had.token}`;
    signal?.throwIfAborted();
    // One for all who ask meanwhile: so it is not bound to the signal of the first one.
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
   * A token with the rights of this client: the one that it was given, or a new one that is good for `seconds`. Undefined
   * without credentials.
   */
  async token(connection: Exchange, seconds: number, signal?: AbortSignal): Promise<string | undefined> {
    if (this.#token !== undefined || this.#basic === undefined) return this.#token;
    const token = await this.#request(connection, seconds, signal);
    this.#handedOut.add(token);
    return token;
  }

  /** Whether `response` refused the fetched token, which is then forgotten: a new one may do. */
  refused({ statusCode, body }: RawAnswer, authorization: string | undefined): boolean {
    const token = this.#fetched?.token;
    if (token === undefined || authorization !== `Bearer ${token}`) return false;
    // dr-provision answers 403 both to a bad token and to what the user may not do.
    const bad =
      statusCode === 401 ||
      (statusCode === 403 && /Invalid Token|Validation failed/.test(new TextDecoder().decode(body)));
    if (bad) this.#fetched = undefined;
    return bad;
  }

  /** What must not be shown to anybody. */
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
