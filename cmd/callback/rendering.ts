import { type RawModel, Secrets } from '../../lib/models/index.ts';
import { type Limits, MethodError, TemplateError, Templates } from '../../lib/template/index.ts';
import { type Auth, secretsOf } from './auth.ts';
import { withoutSecretFields } from './body.ts';
import { dotOf } from './dot.ts';
import type { Callback } from './entry.ts';
import { refusal } from './failure.ts';
import type { ReadParams, Subject } from './subject.ts';
import { NoToken, type Tokens } from './tokens.ts';

/** Texts to render, by their name in errors. */
export type Texts = ReadonlyMap<string, string>;

export interface Rendered {
  texts: ReadonlyMap<string, string>;
  /** Secret values that were visible to the templates. */
  secrets: string[];
}

/** Less than for templates of files, since rendering blocks the plugin. */
const LIMITS: Limits = { steps: 300_000, bytes: 32 << 20, depth: 1000 };
/**
 * How often templates are rendered until everything that they request has been read: one request may depend on another.
 */
const MOST_ROUNDS = 10;

/**
 * Renders the texts of a callback. Data beyond the params of the object are read when a template requests them, and
 * then the texts are rendered again.
 */
export class Rendering {
  readonly #auths: ReadonlyMap<string, Auth>;
  readonly #tokens: Tokens;

  constructor(auths: ReadonlyMap<string, Auth>, tokens: Tokens) {
    this.#auths = auths;
    this.#tokens = tokens;
  }

  /** Throws ModelError 422 with all texts that cannot be rendered, secrets masked. */
  async render(
    callback: Callback,
    texts: Texts,
    subject: Subject,
    event: RawModel | undefined,
    signal: AbortSignal,
  ): Promise<Rendered> {
    if (![...texts.values()].some((text) => text.includes('{{'))) return { texts, secrets: [] };
    const machine = await subject.machine(signal);
    const owner = machine ?? subject;
    const params = await owner.params({ aggregate: true, decode: callback.seesSecure }, signal);
    const found = new Found(params ?? { values: {}, secrets: [], secure: new Set() }, callback.seesSecure);
    for (let round = 1; ; round += 1) {
      const dot = dotOf({
        machine: machine && withoutSecretFields(machine.object),
        object: withoutSecretFields(subject.object),
        event,
        param: (name) => found.param(name),
        authString: (name) => found.authString(name, this.#auths),
        info: () => found.info(),
      });
      const rendered = new Map<string, string>();
      const problems: string[] = [];
      for (const [what, text] of texts) {
        try {
          const templates = new Templates();
          templates.parse(what, text);
          rendered.set(what, templates.render(what, dot, LIMITS));
        } catch (error) {
          if (!(error instanceof TemplateError)) throw error;
          problems.push(error.message);
        }
      }
      if (round < MOST_ROUNDS && (await this.#fetch(found, owner, signal))) continue;
      const secrets = [...found.secrets, ...this.#secrets()];
      if (problems.length === 0) return { texts: rendered, secrets };
      const mask = new Secrets(secrets);
      throw refusal(
        422,
        problems.map((problem) => `callback/callbacks: ${callback.name}: ${mask.mask(problem)}`),
      );
    }
  }

  #secrets(): string[] {
    return [...[...this.#auths.values()].flatMap(secretsOf), ...this.#tokens.seen];
  }

  /** Reads the requested data. Returns whether there were any. Throws ModelError. */
  async #fetch(found: Found, owner: Subject, signal: AbortSignal): Promise<boolean> {
    const { params, auths, info } = found.takeAsked();
    await Promise.all([
      ...params.map(async (name) => found.fallbacks.set(name, await owner.fallback(name, signal))),
      ...auths.map(async (name) => found.authStrings.set(name, await this.#authString(name, signal))),
      ...(info ? [owner.info(signal).then((known) => found.setInfo(known))] : []),
    ]);
    return params.length + auths.length > 0 || info;
  }

  async #authString(name: string, signal: AbortSignal): Promise<string> {
    const auth = this.#auths.get(name);
    if (auth === undefined) return '';
    if (auth.type === 'basic') return Buffer.from(`${auth.username}:${auth.password}`).toString('base64');
    try {
      return (await this.#tokens.get(auth, signal)).text;
    } catch (error) {
      if (!(error instanceof NoToken)) throw error;
      throw refusal(502, new Secrets(this.#secrets()).text(error.says));
    }
  }
}

/** The data for templates, and requests for missing data. */
class Found {
  readonly fallbacks = new Map<string, unknown>();
  readonly authStrings = new Map<string, string>();
  readonly #params: ReadParams;
  readonly #seesSecure: boolean;
  #info: RawModel | undefined;
  readonly #asked = { params: new Set<string>(), auths: new Set<string>(), info: false };

  constructor(params: ReadParams, seesSecure: boolean) {
    this.#params = params;
    this.#seesSecure = seesSecure;
  }

  get secrets(): string[] {
    return [...this.#params.secrets, ...this.authStrings.values()];
  }

  param(name: string): unknown {
    const { values, secure } = this.#params;
    if (Object.hasOwn(values, name)) {
      if (this.#seesSecure || !secure.has(name)) return values[name];
      throw new MethodError(`${name} is secure: only templates of callback/callbacks see it`);
    }
    if (!this.fallbacks.has(name)) this.#asked.params.add(name);
    return this.fallbacks.get(name);
  }

  authString(name: string, auths: ReadonlyMap<string, Auth>): string {
    if (!auths.has(name)) throw new MethodError(`there is no ${JSON.stringify(name)} in callback/auths`);
    if (!this.#seesSecure)
      throw new MethodError('only templates of callback/callbacks get what callback/auths has');
    if (!this.authStrings.has(name)) this.#asked.auths.add(name);
    return this.authStrings.get(name) ?? '';
  }

  info(): RawModel {
    if (this.#info === undefined) this.#asked.info = true;
    return this.#info ?? {};
  }

  setInfo(info: RawModel): void {
    this.#info = info;
  }

  takeAsked(): { params: string[]; auths: string[]; info: boolean } {
    const { params, auths, info } = this.#asked;
    const taken = { params: [...params], auths: [...auths], info };
    params.clear();
    auths.clear();
    this.#asked.info = false;
    return taken;
  }
}
