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
  readonly #token: string | undefined;
  readonly #basic: string | undefined;
  readonly #user: string;
  readonly #password: string;
  readonly #now: () => number;
  #fetched: { token: string; renewAt: number; endsAt: number } | undefined;
  #fetching: Promise<string> | undefined;

  constructor(settings: Settings, now: () => number = () => performance.now()) {
    const { token, user = '', password = '' } = settings;
    this.#token = token;
    this.#user = user;
    this.#password = password;
    this.#basic = user === '' ? undefined : Buffer.from(`${user}:${password}`).toString('base64');
    this.#now = now;
  }

  /**
   * The Authorization header for the next request; undefined without credentials. Fetches a token when there is none
   * or when the one there is has passed half its life. Needs no timer, so an idle client renews nothing.
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
    const all = [this.#token, this.#fetched?.token, this.#basic, this.#password];
    return all.filter((secret) => secret !== undefined && secret !== '') as string[];
  }

  async #fetch(connection: Exchange): Promise<string> {
    const request = {
      path: ['users', this.#user, 'token'],
      query: { ttl: TOKEN_LIFE },
      urlProxy: '',
    };
    const started = this.#now();
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
    const life = TOKEN_LIFE * 1000;
    this.#fetched = { token, renewAt: started + life / 2, endsAt: started + life };
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
