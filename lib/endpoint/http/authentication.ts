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

/** Prefixes of the principals whose objects have a Secret. */
const WITH_SECRET: Readonly<Record<string, string>> = { user: 'users', machine: 'machines' };
/** Stands for a job that no longer exists. */
const ENDED: RawModel = { State: 'finished' };

/** The sender of a request. */
export interface Caller {
  /** `user:NAME`, `plugin:NAME` or `machine:UUID`. */
  principal: string;
  /** The rights of the token; undefined for all. */
  claims?: readonly Claim[] | undefined;
}

/** The content of a token. It is signed, not encrypted. */
interface Content extends Caller {
  /** Expiry in seconds since 1970. */
  expires: number;
  /** The job with whose end the token expires. */
  job?: string | undefined;
}

/** Users with their passwords (stored as hashes) and tokens. */
export class Authentication {
  readonly #objects: Objects;
  #tokenKey: Uint8Array;
  /** HMACs of verified passwords, so that not every request with Basic authentication costs a scrypt. */
  readonly #verified = new Map<string, Buffer>();
  readonly #verifiedKey = randomBytes(32);
  readonly #logins = new LoginLimit();

  constructor(objects: Objects) {
    this.#objects = objects;
    this.#tokenKey = this.#makeTokenKey();
  }

  /** Sets the secrets that are part of the key of all tokens. Earlier tokens become invalid. */
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

  /** Creates the default user if there are no users. Returns its password only then. */
  async ensureUser(): Promise<string | undefined> {
    if (this.#objects.store.count('users') > 0) return undefined;
    const password = randomSecret();
    this.#objects.create(
      'users',
      { Name: DEFAULT_USER, Roles: ['superuser'] },
      { principal: '', method: 'POST' },
    );
    // Nobody can try all values of 96 random bits, so its hash need not be slow: a start takes half the time.
    this.#setHash(DEFAULT_USER, await hashPassword(password, 'hmac'));
    return password;
  }

  /** Sets a user's password and invalidates the user's tokens. Throws ModelError 404 when there is no such user. */
  async setPassword(name: string, password: string): Promise<void> {
    this.#setHash(name, await hashPassword(password, 'scrypt'));
  }

  #setHash(name: string, hash: string): void {
    const requester = { principal: `user:${name}`, method: 'PUT' };
    const { object } = this.#objects.get('users', name, requester);
    const changed = { ...object, PasswordHash: hash, Secret: randomSecret() };
    // `update` would ignore hidden fields.
    this.#objects.store.put('users', name, JSON.stringify(changed), '');
    this.#verified.delete(name);
  }

  /** Creates a token. `claims`: its rights; all when left out. `job`: the job with whose end it expires. */
  token(principal: string, lifeSeconds: number, claims?: readonly Claim[], job?: string): string {
    const expires = Math.floor(Date.now() / 1000) + lifeSeconds;
    const content: Content = { principal, expires, claims, job };
    const text = Buffer.from(JSON.stringify(content)).toString('base64url');
    return `${text}.${this.#signature(principal, text)}`;
  }

  /**
   * The sender of a request, by Bearer token, Basic user and password, or `?token=`. Undefined when there are no
   * readable credentials (401). Throws ModelError 403 when they are invalid, and 429 for a password after too many
   * wrong ones.
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
    // An unknown principal is checked as well, so that the duration reveals nothing.
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

  /**
   * The signature includes the Secret of the user or machine: a token becomes invalid when that is changed or deleted.
   */
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

/** `?token=` contains a token, or `user:password`. */
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
      // The signature is checked later, so wrong fields need no error here.
      return {
        principal,
        expires,
        claims: claims as readonly Claim[] | undefined,
        job: typeof job === 'string' ? job : undefined,
      };
    }
  } catch {
    // Not JSON: the token has no content.
  }
  return { principal: '', expires: 0 };
}

/** How a password is hashed: by `scrypt`, which takes long, or, if it is random, by `hmac`. */
type Scheme = 'scrypt' | 'hmac';

/** Format: `SCHEME$SALT$HASH`, the last two in base64. */
async function hashPassword(password: string, scheme: Scheme): Promise<string> {
  const salt = randomBytes(16);
  const hash = await derive(password, salt, scheme);
  return [scheme, salt.toString('base64'), hash.toString('base64')].join('$');
}

async function verifyPassword(password: string, hash: string): Promise<boolean> {
  const [scheme, salt = '', expected = ''] = hash.split('$');
  // Done even without a user, who then takes as long as one with a password of their own. Only the default user, whose name
  // everybody knows, is told from them, as long as it has its first password.
  const derived = await derive(password, Buffer.from(salt, 'base64'), scheme === 'hmac' ? 'hmac' : 'scrypt');
  return scheme !== '' && equal(expected, derived.toString('base64'));
}

async function derive(password: string, salt: Uint8Array, scheme: Scheme): Promise<Buffer> {
  if (scheme === 'hmac') return createHmac('sha256', salt).update(password).digest();
  return new Promise((resolve, reject) => {
    scrypt(password, salt, HASH_BYTES, SCRYPT, (error, key) => (error ? reject(error) : resolve(key)));
  });
}

function equal(left: string, right: string): boolean {
  const [a, b] = [Buffer.from(left), Buffer.from(right)];
  return a.length === b.length && timingSafeEqual(a, b);
}
