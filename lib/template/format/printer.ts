import { runeAt } from '../bytes.ts';
import { canBackquote, quote } from '../quote.ts';
import { typeName } from '../values/kind.ts';
import {
  Boxed,
  Complex,
  Dict,
  FunctionError,
  Int,
  isField,
  List,
  type Operand,
  type Structure,
  unboxed,
  type Value,
  type Work,
} from '../values/value.ts';
import { type Flags, NO_FLAGS, pad } from './flags.ts';
import { formatInteger } from './integer.ts';
import { formatFloatVerb, isFloatVerb } from './number-verbs.ts';

const NIL = '<nil>';
/** Limit, since maps can contain themselves. */
const DEPTH_LIMIT = 200;

/** Formats values as Go's fmt does, by verb and flags. */
export class Printer {
  flags: Flags = { ...NO_FLAGS };
  readonly #work: Work;
  #depth = 0;

  constructor(work: Work) {
    this.#work = work;
  }

  /** Formats an argument of a print function. */
  argument(value: Value, verb: string): string {
    if (value === undefined)
      return verb === 'v' || verb === 'T' ? pad(NIL, this.flags) : this.#badVerb(value, verb);
    if (verb === 'T') return pad(truncated(typeName(value), this.flags), this.flags);
    return this.#value(value, verb);
  }

  #value(operand: Operand, verb: string): string {
    const text = this.#shown(operand, verb);
    this.#work.make(text.length);
    return text;
  }

  #shown(operand: Operand, verb: string): string {
    const value = unboxed(operand);
    const { flags } = this;
    switch (typeof value) {
      case 'undefined':
        return flags.sharpV && operand instanceof Boxed ? 'interface {}(nil)' : NIL;
      case 'boolean':
        return verb === 't' || verb === 'v' ? pad(String(value), flags) : this.#badVerb(value, verb);
      case 'number':
        return isFloatVerb(verb) ? formatFloatVerb(value, verb, flags) : this.#badVerb(value, verb);
      case 'string':
        return stringText(value, verb, flags) ?? this.#badVerb(value, verb);
    }
    if (value instanceof Int)
      return formatInteger(value.value, value.isUnsigned, verb, flags) ?? this.#badVerb(value, verb);
    if (value instanceof Complex) return this.#complex(value, verb);
    if (value instanceof List) return this.#list(value, verb);
    return value instanceof Dict ? this.#dict(value, verb) : this.#structure(value, verb);
  }

  #complex(value: Complex, verb: string): string {
    if (!isFloatVerb(verb)) return this.#badVerb(value, verb);
    const real = formatFloatVerb(value.real, verb, this.flags);
    const imaginary = formatFloatVerb(value.imaginary, verb, { ...this.flags, plus: true });
    return `(${real}${imaginary}i)`;
  }

  #list(list: List, verb: string): string {
    const { sharpV } = this.flags;
    if (sharpV && list.isNil) return `${list.type}(nil)`;
    const items = this.#nested(() => list.items.map((_, index) => this.#value(list.item(index), verb)));
    return sharpV ? `${list.type}{${items.join(', ')}}` : `[${items.join(' ')}]`;
  }

  #dict(dict: Dict, verb: string): string {
    const { sharpV } = this.flags;
    if (sharpV && dict.isNil) return `${dict.type}(nil)`;
    const entries = this.#nested(() =>
      dict.sortedKeys.map((key) => `${this.#value(key, verb)}:${this.#value(dict.get(key), verb)}`),
    );
    return sharpV ? `${dict.type}{${entries.join(', ')}}` : `map[${entries.join(' ')}]`;
  }

  /**
   * Formats a structure without a text by its fields. Verbs that are not for text show the fields of all structures.
   */
  #structure(structure: Structure, verb: string): string {
    const { sharpV, plusV } = this.flags;
    if (structure.isNil)
      return verb === 'v' ? pad(NIL, this.flags) : `%!${verb}(${structure.type}=${pad(NIL, this.flags)})`;
    if (structure.text !== undefined)
      return stringText(structure.text(), verb, this.flags) ?? pad(structure.text(), this.flags);
    const type = structure.type.replace(/^\*/, '');
    const fields = this.#nested(() =>
      [...structure.members].flatMap(([name, member]) => {
        if (!isField(member)) return [];
        return (sharpV || plusV ? `${name}:` : '') + this.#value(member.field(), verb);
      }),
    );
    const head = `${structure.type === type ? '' : '&'}${sharpV ? type : ''}`;
    return `${head}{${fields.join(sharpV ? ', ' : ' ')}}`;
  }

  #nested<Result>(show: () => Result): Result {
    this.#depth++;
    if (this.#depth > DEPTH_LIMIT) throw new FunctionError(`more than ${DEPTH_LIMIT} levels to print`);
    const shown = show();
    this.#depth--;
    return shown;
  }

  #badVerb(value: Value, verb: string): string {
    if (value === undefined) return `%!${verb}(${NIL})`;
    return `%!${verb}(${typeName(value)}=${this.#value(value, 'v')})`;
  }
}

function stringText(text: string, verb: string, flags: Readonly<Flags>): string | undefined {
  switch (verb) {
    case 'v':
    case 's':
      if (verb === 'v' && flags.sharpV) return quoted(text, flags);
      return pad(truncated(text, flags), flags);
    case 'q':
      return quoted(text, flags);
    case 'x':
    case 'X':
      return hexadecimal(text, verb, flags);
    default:
      return undefined;
  }
}

function truncated(text: string, { precision }: Readonly<Flags>): string {
  if (precision === undefined) return text;
  let end = 0;
  for (let count = 0; count < precision && end < text.length; count++) end += runeAt(text, end).width;
  return text.slice(0, end);
}

function quoted(text: string, flags: Readonly<Flags>): string {
  const cut = truncated(text, flags);
  return pad(flags.sharp && canBackquote(cut) ? `\`${cut}\`` : quote(cut, flags.plus), flags);
}

function hexadecimal(text: string, verb: string, flags: Readonly<Flags>): string {
  const { sharp, space, precision = text.length } = flags;
  const bytes = Array.from(text.slice(0, precision), (byte) =>
    byte.charCodeAt(0).toString(16).padStart(2, '0'),
  );
  const prefix = sharp ? '0x' : '';
  const joined = space ? bytes.map((byte) => prefix + byte).join(' ') : prefix + bytes.join('');
  const shown = bytes.length === 0 ? '' : joined;
  return pad(verb === 'X' ? shown.toUpperCase() : shown, flags);
}
