/** Replaces secrets. */
const MASKED = '***';

const SECRET_WORDS =
  'passw(?:or)?d|passphrase|secret|token|credential|authorization|cookie|(?:api|access|auth|bot|encryption|private|signing)[-_ ]?key';

/** Names of fields that are secret, whatever a schema says. */
const SECRET_NAME = new RegExp(SECRET_WORDS, 'i');

/** Nesting limit, deeper than any event. */
const DEEPEST = 100;

const NAME_FIELDS = ['Name', 'name', 'Param', 'param', 'path'] as const;
const VALUE_FIELDS = new Set(['Value', 'value', 'Default', 'default', 'Schema']);

/**
 * Patterns of secrets in any text, with their replacements. Repetitions before the decisive character are bounded:
 * otherwise a text of nothing but prefixes would take quadratic time.
 */
const IN_TEXT: readonly (readonly [RegExp, string])[] = [
  [/-----BEGIN [A-Z ]*PRIVATE KEY-----[^-]*(-----END [A-Z ]*PRIVATE KEY-----)?/g, MASKED],
  [/\b(Bearer +|Authorization\W{1,6}Basic +)[\w.~+/=-]+/gi, `$1${MASKED}`],
  [/\bxox[a-z]-[\w-]+|\bxapp-[\w-]+/gi, MASKED],
  [/\b([a-z][a-z0-9+.-]{0,30}:\/\/[^\s:/@]*):[^\s/@]+@/gi, `$1:${MASKED}@`],
  // A secret name, `:` or `=`, and a value. In JSON inside of JSON its quotes have backslashes.
  [
    new RegExp(
      `((?:${SECRET_WORDS})[\\w-]{0,60}\\\\*["']?\\s*[:=]\\s*)(\\\\*"[^"]*"|'[^']*'|[^\\s"',;&}]+)`,
      'gi',
    ),
    `$1${MASKED}`,
  ],
];

/** Removes secrets from what is posted. */
export class Mask {
  readonly #isSecure: (param: string) => boolean;
  readonly #secrets: readonly string[];

  /** `isSecure` tells which params have a secret schema; `secrets` are masked wherever they occur. */
  constructor(isSecure: (param: string) => boolean, secrets: readonly string[] = []) {
    this.#isSecure = isSecure;
    this.#secrets = secrets.filter((secret) => secret !== '');
  }

  /** A copy of a JSON value without secrets. */
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

  /** Whether a field of the object marks another as secret, as in params and patch operations. */
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

/** The masked value. Empty values and booleans reveal nothing and are kept. */
function hide(value: unknown): unknown {
  return value === null || value === '' || typeof value === 'boolean' ? value : MASKED;
}

/** Whether this is an encrypted value (SecureData), possibly damaged. */
function isSealed(value: object): boolean {
  const { Key, Nonce, Payload } = value as Record<string, unknown>;
  return typeof Key === 'string' && typeof Nonce === 'string' && typeof Payload === 'string';
}
