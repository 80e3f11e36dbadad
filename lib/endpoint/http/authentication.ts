import { createHmac, randomBytes, type ScryptOptions, scrypt, timingSafeEqual } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { ModelError, type RawModel } from '../../models/index.ts';
import type { Claim } from '../state/claims.ts';
import type { Objects } from '../state/objects.ts';
import { TOKEN_SECRETS } from '../state/preferences.ts';
import { hasEnded } from '../state/prefixes/index.ts';
import { randomSecret } from '../state/secret.ts';
import { LoginLimit } from './login-limit.ts';

export const DEFAULT_USER = 'rocketskates';

const SCRYPT: ScryptOptions = { N: 16384, r: 8, p: 1 };
const HASH_BYTES = 32;

/** Kinds of principals whose objects have a Secret. */
const WITH_SECRET: Readonly<Record<string, string>> = { user: 'users', machine: 'machines' };
/** In the place of a job that is not there any more. */
const ENDED: RawModel = { State: 'finished' };

/** Who makes a request. */
export interface Caller {
  /** `user:NAME`, `plugin:NAME` or `machine:UUID`. */
  principal: string;
  /** What the token is good for; undefined for everything. */
  claims?: readonly Claim[] | undefined;
}

/** What a token says. It is signed, not sealed. */
interface Content extends Caller {
  /** Seconds since 1970. */
  expires: number;
  /** The job that the token ends with. */
  job?: string | undefined;
}

/** Users, their passwords (kept as scrypt hashes) and the tokens that they are given. */
export class Authentication {
  readonly #objects: Objects;
  #tokenKey: Uint8Array;
  /** HMACs of passwords that were right, so that not every request of a Basic session costs a scrypt. */
  readonly #verified = new Map<string, Buffer>();
  readonly #verifiedKey = randomBytes(32);
  readonly #logins = new LoginLimit();

  constructor(objects: Objects) {
    this.#objects = objects;
    this.#tokenKey = this.#makeTokenKey();
  }

  /** Takes secrets into the key of all tokens: those that were given out before are not valid any more. */
  setTokenSecrets(secrets: ReadonlyMap<string, string>): void {
    for (const [name, secret] of secrets) this.#objects.store.setSetting(name, Buffer.from(secret));
    this.#tokenKey = this.#makeTokenKey();
  }

  #makeTokenKey(): Uint8Array {
    const { store } = this.#objects;
    const own = store.setting('token-key', () => new Uint8Array(randomBytes(32)));
    const set = TOKEN_SECRETS.map((name) => store.setting(name, () => new Uint8Array()));
    return set.every(({ length }) => length === 0)
      ? own
      : createHmac('sha256', own).update(Buffer.concat(set)).digest();
  }

  /** Makes the default user if there is no user yet. Returns its password then, and only then. */
  async ensureUser(): Promise<string | undefined> {
    if (this.#objects.store.count('users') > 0) return undefined;
    const password = randomSecret();
    this.#objects.create(
      'users',
      { Name: DEFAULT_USER, Roles: ['superuser'] },
      { principal: '', method: 'POST' },
    );
    await this.setPassword(DEFAULT_USER, password);
    return password;
  }

  /** Throws ModelError 404 when there is no such user. The tokens that the user has are not valid any more. */
  async setPassword(name: string, password: string): Promise<void> {
    const hash = await hashPassword(password);
    const requester = { principal: `user:${name}`, method: 'PUT' };
    const { object } = this.#objects.get('users', name, requester);
    const changed = { ...object, PasswordHash: hash, Secret: randomSecret() };
    // Not through update, which takes neither of the hidden fields from anybody.
    this.#objects.store.put('users', name, JSON.stringify(changed), '');
    this.#verified.delete(name);
  }

  /** `claims`: what the token is good for; everything if it is left out. `job`: the job that it ends with. */
  token(principal: string, lifeSeconds: number, claims?: readonly Claim[], job?: string): string {
    const expires = Math.floor(Date.now() / 1000) + lifeSeconds;
    const content: Content = { principal, expires, claims, job };
    const text = Buffer.from(JSON.stringify(content)).toString('base64url');
    return `${text}.${this.#signature(principal, text)}`;
  }

  /**
   * Who makes this request: by Bearer token, Basic user and password, or `?token=`. Undefined when there are no
   * credentials or they cannot be read (401); throws ModelError 403 when they are not valid, and 429 for a password
   * after too many wrong ones.
   */
  async callerOf(request: IncomingMessage, query: URLSearchParams): Promise<Caller | undefined> {
    const header = request.headers.authorization ?? queryCredentials(query);
    const [, scheme, credentials] = /^(Basic|Bearer) (.+)$/.exec(header ?? '') ?? [];
    if (credentials === undefined) return undefined;
    if (scheme === 'Bearer') return this.#callerOfToken(credentials);
    const [, name, password] =
      /^([^:]*):(.*)$/s.exec(Buffer.from(credentials, 'base64').toString('utf8')) ?? [];
    if (name === undefined || password === undefined) return undefined;
    if (!(await this.#passwordMatches(name, password, request.socket.remoteAddress ?? ''))) {
      throw new ModelError(403, 'Access Denied', { model: 'users' });
    }
    return { principal: `user:${name}` };
  }

  #callerOfToken(token: string): Caller {
    const [text = '', signature = ''] = token.split('.');
    const { principal, expires, claims, job } = readContent(text);
    // An unknown principal is checked all the same: how long it takes says nothing.
    const valid = equal(signature, this.#signature(principal, text));
    const current = job === undefined ? undefined : this.#objects.find('jobs', job);
    const over = expires * 1000 < Date.now() || (job !== undefined && hasEnded(current?.object ?? ENDED));
    if (!valid || over) {
      throw new ModelError(
        403,
        `Invalid Token :${valid ? 'token is expired' : 'not a token of this endpoint'}`,
        {
          model: 'system',
        },
      );
    }
    return { principal, claims };
  }

  /** The Secret of a user or machine goes into the signature: tokens end with it, or when the Secret is changed. */
  #signature(principal: string, text: string): string {
    const [kind = '', name = ''] = principal.split(':');
    const prefix = Object.hasOwn(WITH_SECRET, kind) ? WITH_SECRET[kind] : undefined;
    const owner = prefix === undefined ? undefined : this.#objects.stored(prefix, name);
    const secret = prefix === undefined ? '' : (owner?.object.Secret ?? randomSecret());
    return createHmac('sha256', this.#tokenKey).update(`${secret}.${text}`).digest('base64url');
  }

  async #passwordMatches(name: string, password: string, address: string): Promise<boolean> {
    const user = this.#objects.find('users', name)?.object;
    const hash = typeof user?.PasswordHash === 'string' ? user.PasswordHash : '';
    const probe = createHmac('sha256', this.#verifiedKey).update(`${hash} ${password}`).digest();
    const known = this.#verified.get(name);
    if (known !== undefined && timingSafeEqual(known, probe)) return true;
    if (!(await this.#logins.attempt(address, () => verifyPassword(password, hash)))) return false;
    this.#verified.set(name, probe);
    return true;
  }
}

/** `?token=` holds a token, or `user:password`. */
function queryCredentials(query: URLSearchParams): string | undefined {
  const token = query.get('token');
  if (token === null || token === '') return undefined;
  return token.includes(':') ? `Basic ${Buffer.from(token).toString('base64')}` : `Bearer ${token}`;
}

function readContent(text: string): Content {
  try {
    const content = JSON.parse(Buffer.from(text, 'base64url').toString('utf8')) as RawModel;
    const { principal, expires, claims, job } = content;
    if (typeof principal === 'string' && typeof expires === 'number') {
      // Whoever is not the endpoint cannot sign any.
      return {
        principal,
        expires,
        claims: claims as readonly Claim[] | undefined,
        job: typeof job === 'string' ? job : undefined,
      };
    }
  } catch {
    // Not JSON: no claim.
  }
  return { principal: '', expires: 0 };
}

/** `scrypt$SALT$HASH`, both base64. */
async function hashPassword(password: string): Promise<string> {
  const salt = randomBytes(16);
  return `scrypt$${salt.toString('base64')}$${(await derive(password, salt)).toString('base64')}`;
}

async function verifyPassword(password: string, hash: string): Promise<boolean> {
  const [scheme, salt = '', expected = ''] = hash.split('$');
  // Without a user there is nothing to compare with; the work is done anyway, so that the time tells nothing.
  const derived = await derive(password, Buffer.from(salt, 'base64'));
  return scheme === 'scrypt' && equal(expected, derived.toString('base64'));
}

function derive(password: string, salt: Uint8Array): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    scrypt(password, salt, HASH_BYTES, SCRYPT, (error, key) => (error ? reject(error) : resolve(key)));
  });
}

function equal(left: string, right: string): boolean {
  const [a, b] = [Buffer.from(left), Buffer.from(right)];
  return a.length === b.length && timingSafeEqual(a, b);
}
