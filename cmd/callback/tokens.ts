import { isObject, joined, own, parseJson, say, type Wording } from '../../lib/models/index.ts';
import { runChild } from '../../lib/process/index.ts';
import type { Auth, ProgramAuth, TokenAuth } from './auth.ts';
import { type Exchange, NoAnswer } from './exchange.ts';
import { sleep } from './sleep.ts';

/** Why an entry of `callback/auths` has no token. */
export class NoToken extends Error {
  readonly says: Wording;

  constructor(auth: string, says: Wording) {
    super('no token');
    this.says = say`callback/auths: ${own(auth)}: ${says}`;
  }
}

interface Token {
  text: string;
  /** As `performance.now()`. */
  validUntil: number;
}

/** Default lifetime of a token in seconds. */
const DEFAULT_LIFETIME_S = 3600;
/** The fraction of a token's lifetime during which it is used. */
const USED_FRACTION = 0.75;
const LONGEST_S = 30 * 86_400;
const PROGRAM_TOKEN_MS = 45 * 60_000;
const PROGRAM_MS = 60_000;
const LONGEST_TOKEN = 64 * 1024;

/** The tokens for the entries of `callback/auths`, cached until they expire or are refused. */
export class Tokens {
  readonly #exchange: Exchange;
  readonly #lifetime: AbortSignal;
  readonly #kept = new Map<string, Token>();
  readonly #asked = new Map<string, Promise<Token>>();
  /** All tokens so far, since an answer may quote any of them. */
  readonly #seen: string[] = [];

  /** Requests for tokens run until `lifetime` ends, even if the caller is aborted. */
  constructor(exchange: Exchange, lifetime: AbortSignal) {
    this.#exchange = exchange;
    this.#lifetime = lifetime;
  }

  get seen(): readonly string[] {
    return this.#seen;
  }

  /** The token, and whether it was cached. Throws NoToken, or the reason of the signal. */
  async get(auth: TokenAuth | ProgramAuth, signal: AbortSignal): Promise<{ text: string; isKept: boolean }> {
    const kept = this.#kept.get(auth.name);
    if (kept !== undefined && kept.validUntil > performance.now()) return { text: kept.text, isKept: true };
    let asked = this.#asked.get(auth.name);
    if (asked === undefined) {
      asked = this.#ask(auth).finally(() => this.#asked.delete(auth.name));
      this.#asked.set(auth.name, asked);
    }
    const { promise: aborted, reject } = Promise.withResolvers<never>();
    const abort = () => reject(signal.reason);
    signal.throwIfAborted();
    signal.addEventListener('abort', abort);
    try {
      return { text: (await Promise.race([asked, aborted])).text, isKept: false };
    } finally {
      signal.removeEventListener('abort', abort);
    }
  }

  /** Removes a refused token from the cache. */
  drop(auth: Auth, text: string): void {
    if (this.#kept.get(auth.name)?.text === text) this.#kept.delete(auth.name);
  }

  async #ask(auth: TokenAuth | ProgramAuth): Promise<Token> {
    const token = auth.type === 'exec' ? await this.#fromProgram(auth) : await this.#fromService(auth);
    if (!/^[\x21-\x7e]+$/.test(token.text) || token.text.length > LONGEST_TOKEN) {
      throw new NoToken(auth.name, say`what it gives is not a token: expected one word`);
    }
    if (!this.#seen.includes(token.text)) this.#seen.push(token.text);
    if (this.#seen.length > 200) this.#seen.shift();
    this.#kept.set(auth.name, token);
    return token;
  }

  async #fromProgram({ name, path }: ProgramAuth): Promise<Token> {
    const end = await runChild(path, [], {
      // Not the plugin's environment, which has the endpoint's token.
      env: { PATH: process.env.PATH ?? '', HOME: process.env.HOME ?? '/' },
      timeLimitMs: PROGRAM_MS,
      signal: this.#lifetime,
    });
    this.#lifetime.throwIfAborted();
    if (end.how === 'unstartable')
      throw new NoToken(name, say`Path cannot be run: ${own(end.error?.message ?? '')}`);
    if (end.how !== 'exit') throw new NoToken(name, say`its program did not end well: ${own(end.how)}`);
    // The program's output is left out, since it may contain secrets.
    if (end.code !== 0) throw new NoToken(name, say`its program ended with code ${end.code ?? -1}`);
    return { text: end.stdout.trim(), validUntil: performance.now() + PROGRAM_TOKEN_MS };
  }

  async #fromService(auth: TokenAuth): Promise<Token> {
    const limit = AbortSignal.timeout(auth.timeoutMs);
    const within = AbortSignal.any([this.#lifetime, limit]);
    for (let tries = 0; ; tries += 1) {
      try {
        return await this.#fromServiceOnce(auth, within);
      } catch (error) {
        this.#lifetime.throwIfAborted();
        if (limit.aborted) throw new NoToken(auth.name, say`no token within ${auth.timeoutMs / 1000} s`);
        if (tries >= auth.retry) throw error;
        await sleep(auth.delayMs, within);
      }
    }
  }

  async #fromServiceOnce(auth: TokenAuth, signal: AbortSignal): Promise<Token> {
    const { name, method, data, query, tokenField, durationField, trust, timeoutMs } = auth;
    const url = new URL(auth.url);
    for (const [key, value] of Object.entries(query)) url.searchParams.set(key, value);
    const isForm = typeof data === 'string' && !/^\s*[{[]/.test(data);
    const headers: Record<string, string> = { accept: 'application/json' };
    if (data !== undefined) {
      headers['content-type'] = isForm
        ? 'application/x-www-form-urlencoded'
        : 'application/json; charset=utf-8';
    }
    const body = data === undefined || typeof data === 'string' ? data : JSON.stringify(data);
    const outgoing = { method, url: url.href, headers, body, trust, limitMs: timeoutMs };
    const server = own(url.origin + url.pathname);
    const answer = await this.#exchange.send(outgoing, signal).catch((error: unknown) => {
      if (error instanceof NoAnswer) throw new NoToken(name, joined([server, error.says], ' '));
      throw error;
    });
    if (answer.status >= 300) throw new NoToken(name, say`${server} answered ${answer.status}`);
    const text = answer.body.toString();
    let found: unknown;
    try {
      found = parseJson(text);
    } catch {
      throw new NoToken(name, say`${server} answered with what is not JSON`);
    }
    const token = isObject(found) && Object.hasOwn(found, tokenField) ? found[tokenField] : undefined;
    if (!isObject(found) || typeof token !== 'string') {
      throw new NoToken(name, say`the answer of ${server} has no text at TokenField`);
    }
    const said =
      durationField !== '' && Object.hasOwn(found, durationField) ? Number(found[durationField]) : Number.NaN;
    const seconds = said > 0 ? Math.min(said, LONGEST_S) : DEFAULT_LIFETIME_S;
    return { text: token, validUntil: performance.now() + seconds * 1000 * USED_FRACTION };
  }
}
