/** Text from outside: a BMC's message, a tool's output, a link. It may quote a secret. */
export class Foreign {
  readonly text: string;
  /** In a `path`, words of the Redfish standard are not masked, since they are public. */
  readonly kind: 'text' | 'path';

  constructor(text: string, kind: Foreign['kind']) {
    this.text = text;
    this.kind = kind;
  }
}

/** A text made of trusted parts and Foreign parts. The latter are masked when it is converted to a string. */
export class Wording {
  readonly parts: readonly (string | Foreign)[];

  constructor(parts: readonly (string | Foreign)[]) {
    this.parts = parts;
  }
}

export function foreign(text: string): Foreign {
  return new Foreign(text, 'text');
}

export function foreignPath(path: string): Foreign {
  return new Foreign(path, 'path');
}

/** Trusted text that is not masked: a constant, the operator's input, or text that is masked already. */
export function own(text: string): Wording {
  return new Wording([text]);
}

/**
 * A template tag. Values must be marked as `own` or `foreign`; a plain string does not compile, so the decision cannot
 * be forgotten.
 */
export function say(
  texts: TemplateStringsArray,
  ...values: readonly (number | Foreign | Wording)[]
): Wording {
  const parts = texts.flatMap((text, index) => {
    const value = values[index];
    if (value === undefined) return [text];
    return [
      text,
      ...(value instanceof Wording ? value.parts : [typeof value === 'number' ? `${value}` : value]),
    ];
  });
  return new Wording(parts);
}

/** Joins texts with a trusted separator. */
export function joined(wordings: readonly (Foreign | Wording)[], between: string): Wording {
  return new Wording(
    wordings.flatMap((wording, index) => [
      ...(index === 0 ? [] : [between]),
      ...(wording instanceof Wording ? wording.parts : [wording]),
    ]),
  );
}

const MASK = '***';
/** Shorter secrets are masked only as whole words: a mask inside of other words would reveal their letters. */
const SHORT = 4;
/** Minimum length of a base64 text that is taken for part of a secret. */
const LEAST_BASE64 = 6;
/** How many characters of a foreign text are shown. */
const LONGEST = 500;

/** Path segments of the standard (DSP0266, Resource tree). A secret may happen to equal one. */
const STANDARD = new Set(
  (
    'redfish v1 Systems Managers Chassis SessionService Sessions TaskService Tasks TaskMonitors Actions Bios Settings ' +
    'SecureBoot Memory Storage SimpleStorage Processors NetworkInterfaces EthernetInterfaces VirtualMedia BootOptions ' +
    'Oem rest api uom web Logon LogicalPartition jobs do'
  ).split(' '),
);

/** Values that must not be shown, and their encodings. */
export class Secrets {
  readonly #pattern: RegExp | undefined;

  constructor(secrets: readonly string[]) {
    const forms = new Set(secrets.filter((secret) => secret !== '').flatMap(formsOf));
    const longestFirst = [...forms].sort((a, b) => b.length - a.length);
    const alternatives = longestFirst.map((form) => {
      const escaped = form.replace(/[\\^$.*+?()[\]{}|/]/g, '\\$&');
      return form.length < SHORT ? `(?<![\\p{L}\\p{N}])${escaped}(?![\\p{L}\\p{N}])` : escaped;
    });
    this.#pattern = alternatives.length === 0 ? undefined : new RegExp(alternatives.join('|'), 'gu');
  }

  /** Masks the secrets in `text`: verbatim, as base64, and escaped for URLs, JSON and XML. */
  mask(text: string): string {
    return this.#pattern === undefined ? text : text.replace(this.#pattern, MASK);
  }

  /** A text as one line. Foreign parts are masked and cut to LONGEST. */
  text({ parts }: Wording): string {
    return parts.map((part) => (typeof part === 'string' ? part : this.#shown(part))).join('');
  }

  /** Masks before it joins lines and cuts, which could change a secret so that it is not found. */
  #shown({ text, kind }: Foreign): string {
    const masked =
      kind === 'text'
        ? this.mask(text)
        : text
            .split('/')
            .map((segment) => (STANDARD.has(segment) ? segment : this.mask(segment)))
            .join('/');
    const line = masked.replace(/\s+/g, ' ').trim();
    return line.length > LONGEST ? `${line.slice(0, LONGEST)}...` : line;
  }
}

function formsOf(secret: string): string[] {
  // A lone surrogate cannot be encoded in a URL.
  const wellFormed = secret.toWellFormed();
  const url = encodeURIComponent(wellFormed);
  const forms = [
    secret,
    secret.trim(),
    url,
    url.replace(/%[\dA-F]{2}/g, (hex) => hex.toLowerCase()),
    url.replaceAll('%20', '+'),
    encodeURI(wellFormed),
    JSON.stringify(secret).slice(1, -1),
    secret.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;'),
    ...base64Forms(secret),
  ];
  return forms.filter((form) => form !== '');
}

/** Base64 of the secret alone, and inside of a longer text at each of the three byte offsets. */
function base64Forms(secret: string): string[] {
  const bytes = Buffer.from(secret);
  const whole = bytes.toString('base64');
  const within = [0, 1, 2].map((before) => {
    const text = Buffer.concat([Buffer.alloc(before), bytes]).toString('base64');
    // A character holds six bits. Characters at the ends that also hold bits of the neighbours are left out.
    const first = Math.ceil((before * 8) / 6);
    const end = Math.floor(((before + bytes.length) * 8) / 6);
    return text.slice(first, end);
  });
  const forms = [whole, whole.replaceAll('=', ''), ...within].filter((form) => form.length >= LEAST_BASE64);
  return forms.flatMap((form) => [form, form.replaceAll('+', '-').replaceAll('/', '_')]);
}
