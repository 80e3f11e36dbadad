/** What stands in the place of a secret. */
const MASKED = '***';

const SECRET_WORDS =
  'passw(?:or)?d|passphrase|secret|token|credential|authorization|cookie|(?:api|access|auth|bot|encryption|private|signing)[-_ ]?key';

/** Names under which there is a secret, whatever a schema says. */
const SECRET_NAME = new RegExp(SECRET_WORDS, 'i');

/** Deeper than anything that is sent. */
const DEEPEST = 100;

const NAME_FIELDS = ['Name', 'name', 'Param', 'param', 'path'] as const;
const VALUE_FIELDS = new Set(['Value', 'value', 'Default', 'default', 'Schema']);

/**
 * Secrets that can be told in any text by their looks, each with what is left of it. What may stand before the telling
 * character has bounds: without, a text of nothing but beginnings would take hours.
 */
const IN_TEXT: readonly (readonly [RegExp, string])[] = [
  [/-----BEGIN [A-Z ]*PRIVATE KEY-----[^-]*(-----END [A-Z ]*PRIVATE KEY-----)?/g, MASKED],
  [/\b(Bearer +|Authorization\W{1,6}Basic +)[\w.~+/=-]+/gi, `$1${MASKED}`],
  [/\bxox[a-z]-[\w-]+|\bxapp-[\w-]+/gi, MASKED],
  [/\b([a-z][a-z0-9+.-]{0,30}:\/\/[^\s:/@]*):[^\s/@]+@/gi, `$1:${MASKED}@`],
  // A name, and after `:` or `=` a value, which in JSON within JSON has quotes with backslashes.
  [
    new RegExp(
      `((?:${SECRET_WORDS})[\\w-]{0,60}\\\\*["']?\\s*[:=]\\s*)(\\\\*"[^"]*"|'[^']*'|[^\\s"',;&}]+)`,
      'gi',
    ),
    `$1${MASKED}`,
  ],
];

/** Takes the secrets out of what is sent. */
export class Mask {
  readonly #isSecure: (param: string) => boolean;
  readonly #secrets: readonly string[];

  /** `isSecure` knows the params whose schemas say that they are secret; `secrets` are masked wherever they occur. */
  constructor(isSecure: (param: string) => boolean, secrets: readonly string[] = []) {
    this.#isSecure = isSecure;
    this.#secrets = secrets.filter((secret) => secret !== '');
  }

  /** A copy of JSON without secrets. */
  value(value: unknown): unknown {
    return this.#value(value, 0);
  }

  text(text: string): string {
    let masked = text;
    for (const secret of this.#secrets) masked = masked.replaceAll(secret, MASKED);
    for (const [pattern, rest] of IN_TEXT) masked = masked.replace(pattern, rest);
    return masked;
  }

  #value(value: unknown, depth: number): unknown {
    if (typeof value === 'string') return this.text(value);
    if (typeof value !== 'object' || value === null) return value;
    if (depth > DEEPEST || isSealed(value)) return MASKED;
    if (Array.isArray(value)) return value.map((item) => this.#value(item, depth + 1));
    const hiding = this.#namesSecret(value as Record<string, unknown>);
    return Object.fromEntries(
      Object.entries(value).map(([key, inner]) => {
        const hidden = this.#isSecret(key) || (hiding && VALUE_FIELDS.has(key));
        return [this.text(key), hidden ? hide(inner) : this.#value(inner, depth + 1)];
      }),
    );
  }

  #isSecret(name: string): boolean {
    return SECRET_NAME.test(name) || this.#isSecure(name);
  }

  /** Whether an object says in one field that what it has in another is secret: a param, or an operation of a patch. */
  #namesSecret(object: Record<string, unknown>): boolean {
    if (object.Secure === true) return true;
    return NAME_FIELDS.some((field) => {
      const name = object[field];
      if (typeof name !== 'string') return false;
      if (field !== 'path') return this.#isSecret(name);
      return name
        .split('/')
        .some((token) => this.#isSecret(token.replaceAll('~1', '/').replaceAll('~0', '~')));
    });
  }
}

/** Whether a value is masked: empty ones and booleans tell nothing, and stay. */
function hide(value: unknown): unknown {
  return value === null || value === '' || typeof value === 'boolean' ? value : MASKED;
}

/** Whether this is a sealed value (SecureData), damaged or not. */
function isSealed(value: object): boolean {
  const { Key, Nonce, Payload } = value as Record<string, unknown>;
  return typeof Key === 'string' && typeof Nonce === 'string' && typeof Payload === 'string';
}
