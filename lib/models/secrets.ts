/** Text that came from elsewhere: a BMC's message, a tool's output, a link. It may quote a secret. */
export class Foreign {
  readonly text: string;
  /** Of a `path` the words of the standard are left as they are: they are known to everybody. */
  readonly kind: 'text' | 'path';

  constructor(text: string, kind: Foreign['kind']) {
    this.text = text;
    this.kind = kind;
  }
}

/** Text of our own with text from elsewhere in it, which is masked when it is made a string. */
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

/** Text that is not masked: our own words, what the operator wrote, or what has been masked before. */
export function own(text: string): Wording {
  return new Wording([text]);
}

/** What we say. A string cannot be put in as it is: it has to be `own` or `foreign`, so that nobody forgets which. */
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

/** Several with a text of our own between them. */
export function joined(wordings: readonly (Foreign | Wording)[], between: string): Wording {
  return new Wording(
    wordings.flatMap((wording, index) => [
      ...(index === 0 ? [] : [between]),
      ...(wording instanceof Wording ? wording.parts : [wording]),
    ]),
  );
}

const MASK = '***';
/** Shorter ones are masked only where they stand alone: in other words they would say where letters are missing. */
const SHORT = 4;
/** The least of a base64 text that is taken for a part of a secret. */
const LEAST_BASE64 = 6;
/** How much of one foreign text is passed on. */
const LONGEST = 500;

/** Names of the standard in paths (DSP0266, Resource tree), which a secret may be equal to. */
const STANDARD = new Set(
  (
    'redfish v1 Systems Managers Chassis SessionService Sessions TaskService Tasks TaskMonitors Actions Bios Settings ' +
    'SecureBoot Memory Storage SimpleStorage Processors NetworkInterfaces EthernetInterfaces VirtualMedia BootOptions ' +
    'Oem rest api uom web Logon LogicalPartition jobs do'
  ).split(' '),
);

/** What must not be shown to anybody, and the ways in which it could be. */
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

  /** `text`, which came from elsewhere, without the secrets: as they are, as base64, and escaped for URLs, JSON and XML. */
  mask(text: string): string {
    return this.#pattern === undefined ? text : text.replace(this.#pattern, MASK);
  }

  /** One line. Foreign text in it is masked, and cut where it is long. */
  text({ parts }: Wording): string {
    return parts.map((part) => (typeof part === 'string' ? part : this.#shown(part))).join('');
  }

  /** Masked before anything else: with blanks taken out, or cut in two, a secret would not be found. */
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
  // Half of a surrogate pair has no form in a URL.
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

/** Base64 of the secret alone, and what it gives within a longer text, whichever byte that text begins with. */
function base64Forms(secret: string): string[] {
  const bytes = Buffer.from(secret);
  const whole = bytes.toString('base64');
  const within = [0, 1, 2].map((before) => {
    const text = Buffer.concat([Buffer.alloc(before), bytes]).toString('base64');
    // Six bits a character: those at the ends that are not all of the secret's own are cut off.
    const first = Math.ceil((before * 8) / 6);
    const end = Math.floor(((before + bytes.length) * 8) / 6);
    return text.slice(first, end);
  });
  const forms = [whole, whole.replaceAll('=', ''), ...within].filter((form) => form.length >= LEAST_BASE64);
  return forms.flatMap((form) => [form, form.replaceAll('+', '-').replaceAll('/', '_')]);
}
