import { isObject } from '../../lib/models/index.ts';

/** The fields of an entry in a map of entries. Problems are collected by field, without values. */
export class Fields {
  readonly #at: string;
  readonly #values = new Map<string, unknown>();
  readonly #problems: string[];
  readonly #unread = new Map<string, string>();
  readonly #known: string[] = [];

  /** `at` names the entry in problems: `callback/callbacks: taskcomplete`. */
  constructor(at: string, entry: unknown, problems: string[]) {
    this.#at = at;
    this.#problems = problems;
    if (!isObject(entry)) {
      problems.push(`${at}: expected an object`);
      return;
    }
    for (const [name, value] of Object.entries(entry)) {
      // Go's decoder ignores the case of field names.
      const key = name.toLowerCase();
      if (this.#values.has(key)) this.problem(name, `is there twice, as ${this.#unread.get(key)} too`);
      this.#values.set(key, value ?? undefined);
      this.#unread.set(key, name);
    }
  }

  problem(field: string, text: string): void {
    this.#problems.push(`${this.#at}.${field}: ${text}`);
  }

  text(field: string): string | undefined {
    return this.#read(field, 'a text', (value) => typeof value === 'string');
  }

  flag(field: string): boolean {
    return this.#read<boolean>(field, 'true or false', (value) => typeof value === 'boolean') ?? false;
  }

  /** A number from `least` to `most`. */
  number(field: string, fallback: number, least: number, most: number, whole = false): number {
    const expected = `a ${whole ? 'whole ' : ''}number from ${least} to ${most}`;
    const fits = (value: unknown) =>
      typeof value === 'number' && value >= least && value <= most && (!whole || Number.isInteger(value));
    return this.#read<number>(field, expected, fits) ?? fallback;
  }

  texts(field: string): string[] {
    return this.#read<string[]>(field, 'a list of texts', (value) => isTexts(value)) ?? [];
  }

  /** Strings by name. */
  textMap(field: string): Readonly<Record<string, string>> {
    const fits = (value: unknown) => isObject(value) && isTexts(Object.values(value));
    return this.#read<Record<string, string>>(field, 'an object of texts', fits) ?? {};
  }

  any(field: string): unknown {
    return this.#read(field, '', () => true);
  }

  /** Reports the fields that were not read. */
  end(): void {
    for (const name of this.#unread.values()) {
      const nearest = this.#known.find((known) => resembles(known.toLowerCase(), name.toLowerCase()));
      const advice =
        nearest === undefined ? `the fields are ${this.#known.join(', ')}` : `did you mean ${nearest}?`;
      this.problem(name, `there is no such field: ${advice}`);
    }
  }

  #read<T>(field: string, expected: string, fits: (value: unknown) => boolean): T | undefined {
    const key = field.toLowerCase();
    this.#known.push(field);
    this.#unread.delete(key);
    const value = this.#values.get(key);
    if (value === undefined || fits(value)) return value as T | undefined;
    this.problem(field, `expected ${expected}`);
    return undefined;
  }
}

function isTexts(value: unknown): boolean {
  return Array.isArray(value) && value.every((item) => typeof item === 'string');
}

function resembles(known: string, name: string): boolean {
  return (
    known.length > 2 && name.length > 2 && (known.startsWith(name) || name.startsWith(known.slice(0, 4)))
  );
}
