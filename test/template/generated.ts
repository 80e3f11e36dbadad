import { type Case, PARAMS } from './reference-dot.ts';

/** Makes templates by chance, the same for the same seed: mostly valid, with values of all kinds everywhere. */
export function generatedCases(count: number, seed: number): Case[] {
  const generator = new Generator(seed);
  return Array.from({ length: count }, (_, index) => ({
    Name: `g${index}`,
    Text: generator.template(index % 3 > 0),
    Sprig: index % 3 > 0,
  }));
}

const LITERALS = [
  '0',
  '1',
  '2',
  '-3',
  '7',
  '42',
  '0x1F',
  '1_000',
  "'a'",
  '1.5',
  '-0.5',
  '1e3',
  '1e6',
  '123456.0',
  '2i',
  '1+2i',
  '""',
  '"a"',
  '"hello"',
  '"%d"',
  '"é✓"',
  '"a,b,c"',
  '`raw\\n`',
  '"_x"',
  'true',
  'false',
  'nil',
  '"b"',
  '"10"',
];
const FORMATS = [
  '%v',
  '%s',
  '%d',
  '%q',
  '%f',
  '%t',
  '%x',
  '%e',
  '%g',
  '%c',
  '%+v',
  '%T',
  '%5d',
  '%-8s|',
  '%05d',
  '%.2f',
  '%8.3f',
  '%+d',
  '%#x',
  '%#v',
  '%U',
  '%#U',
  '%o',
  '%b',
  '%X',
  '%%',
  '%6.2f%%',
  '%*d',
  '%.*f',
  '%[2]v %[1]v',
  '%!',
  '%z',
  '%',
  '%5t',
  '%05s',
  '%.3s',
  '%q %v',
  '%x %X',
  '%+q',
  '%#q',
  '% d',
  '% x',
  '%G',
  '%E',
  '%3c|',
  '%-5d|',
  '%v %v %v',
  '%[3]d',
  '%-010d',
  '%08.3f',
];

/** Functions of Go, with the arguments that they are made for: v any, s text, i integer, l list, m map, f format. */
const GO: readonly string[] = [
  'print v v',
  'println v',
  'printf f v v',
  'printf f v',
  'len l',
  'len v',
  'index l i',
  'index m s',
  'index v v',
  'not v',
  'and v v',
  'or v v',
  'and v v v',
  'eq v v',
  'ne v v',
  'lt v v',
  'le v v',
  'gt v v',
  'ge v v',
  'eq s s s',
  'html v',
  'js v',
  'urlquery v',
  'slice s i i',
  'slice l i',
  'call v',
  'lt i i',
  'eq i i',
  'print v',
  'printf f',
];
const SPRIG: readonly string[] = [
  'trim s',
  'upper s',
  'lower s',
  'title s',
  'untitle s',
  'swapcase s',
  'snakecase s',
  'camelcase s',
  'kebabcase s',
  'nospace s',
  'initials s',
  'substr i i s',
  'trunc i s',
  'abbrev i s',
  'abbrevboth i i s',
  'repeat i s',
  'contains s s',
  'hasPrefix s s',
  'hasSuffix s s',
  'quote v v',
  'squote v v',
  'cat v v',
  'indent i s',
  'nindent i s',
  'replace s s s',
  'plural s s i',
  'toString v',
  'toStrings l',
  'join s l',
  'sortAlpha l',
  'split s s',
  'splitn s i s',
  'splitList s s',
  'trimAll s s',
  'trimSuffix s s',
  'trimPrefix s s',
  'wrap i s',
  'wrapWith i s s',
  'atoi s',
  'int v',
  'int64 v',
  'float64 v',
  'toDecimal v',
  'add1 v',
  'add v v',
  'sub v v',
  'mul v v',
  'div v v',
  'mod v v',
  'max v v',
  'min v v',
  'maxf v v',
  'minf v v',
  'add1f v',
  'addf v v',
  'subf v v',
  'mulf v v',
  'divf v v',
  'ceil v',
  'floor v',
  'round v i',
  'until i',
  'untilStep i i i',
  'seq i i',
  'seq i',
  'seq i i i',
  'list v v v',
  'append l v',
  'prepend l v',
  'first l',
  'last l',
  'rest l',
  'initial l',
  'reverse l',
  'compact l',
  'uniq l',
  'without l v',
  'has v l',
  'slice l i i',
  'chunk i l',
  'concat l l',
  'dict s v s v',
  'get m s',
  'set m s v',
  'unset m s',
  'hasKey m s',
  'pluck s m m',
  'keys m | sortAlpha',
  'pick m s',
  'omit m s',
  'merge m m',
  'mergeOverwrite m m',
  'deepCopy v',
  'dig s s v m',
  'default v v',
  'empty v',
  'coalesce v v v',
  'all v v',
  'any v v',
  'ternary v v true',
  'fromJson s',
  'toJson v',
  'toPrettyJson v',
  'toRawJson v',
  'mustFromJson s',
  'mustToJson v',
  'fail s',
  'b64enc s',
  'b64dec s',
  'b32enc s',
  'b32dec s',
  'sha1sum s',
  'sha256sum s',
  'adler32sum s',
  'base s',
  'dir s',
  'clean s',
  'ext s',
  'isAbs s',
  'typeOf v',
  'kindOf v',
  'typeIs s v',
  'kindIs s v',
  'deepEqual v v',
  'regexMatch r s',
  'regexFind r s',
  'regexFindAll r s i',
  'regexReplaceAll r s "[$0]"',
  'regexReplaceAllLiteral r s s',
  'regexSplit r s i',
  'regexQuoteMeta s',
  'mustRegexFind r s',
  'semverCompare c w',
  'semver w',
  'urlParse s',
  'urlJoin m',
  'duration v',
  'durationRound s',
  'mustFirst v',
  'mustUniq l',
  'mustHas v l',
  'rest v',
  'join s v',
  'sortAlpha v',
  'first v',
  'reverse v',
  'typeIsLike s v',
];
const REGEXES = [
  '"[a-z]+"',
  '"o"',
  '"(l+)o"',
  '"^h"',
  '"x*"',
  '"[0-9]+"',
  '"(?i)HELLO"',
  '"\\\\s+"',
  '"a(b"',
  '"\\\\w+\\\\b"',
  '""',
];
const CONSTRAINTS = [
  '"^1.2.0"',
  '"~1.2"',
  '">= 1.0, < 2"',
  '"1.x"',
  '"!=1.2.3"',
  '"<1.2.3 || >2"',
  '"*"',
  '"1.0 - 2.0"',
  '"bad"',
];
const VERSIONS = [
  '"1.2.3"',
  '"1.2.4"',
  '"2.0.0"',
  '"v1.9"',
  '"1.2.3-beta"',
  '"0.3.1"',
  '"nope"',
  '(.Param "version")',
];
const BY_KIND: Readonly<Record<string, readonly string[]>> = {
  s: ['s', 'u', 'html', 'lines', 'empty', 'path', 'url', 'number', 'json'],
  l: ['l', 'words', 'numbers', 'nested', 'none'],
  m: ['m', 'deep', 'nothing'],
};

/** mulberry32: numbers below a limit. */
function randomNumbers(seed: number): (limit: number) => number {
  let state = seed;
  return (limit) => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) % limit;
  };
}

/** Functions whose results are chance, or take long, or that read the clock, or that put keys into no order. */
const LEFT_OUT =
  /^(?:rand.*|gen.*|uuidv4|shuffle|bcrypt|htpasswd|derivePassword|(?:en|de)cryptAES|buildCustomCert|getHostByName|(?:html)?[dD]ate(?:InZone|_in_zone)?|htmlDateInZone|keys|values)$/;
const ARGUMENTS = [
  '0',
  '1',
  '2',
  '-1',
  '7',
  '1.5',
  '1e6',
  '1i',
  '"a"',
  '"abc def"',
  '"héllo"',
  '""',
  '"5"',
  '"0x1F"',
  '"1.2.3"',
  '"/a/b.c"',
  '"a,b"',
  '","',
  '"^a"',
  '"2006-01-02"',
  '"2024-02-29"',
  '"1h"',
  '"{\\"a\\":1}"',
  'true',
  'false',
  'nil',
  '(list 1 "a" 2.5)',
  '(list)',
  '(list "b" "a" "b")',
  '(dict "a" 1 "b" "x")',
  '(dict)',
  '(dict "a" (dict "b" 2))',
  '.Words',
  '.Nobody',
  '(.Param "nul")',
  '(.Param "n")',
  '(.Param "l")',
  '(.Param "m")',
  '(.Param "deep")',
  '(int64 3)',
  '(toDate "2006" "2024")',
  '(split "," "a,b")',
  '(until 2)',
  '(index "abc" 0)',
];

/** Calls of each of the functions, with arguments of all kinds in all numbers. */
export function functionCases(names: readonly string[], calls: number, seed: number): Case[] {
  const below = randomNumbers(seed);
  const argument = () => ARGUMENTS[below(ARGUMENTS.length)];
  return names
    .filter((name) => !LEFT_OUT.test(name))
    .flatMap((name) =>
      Array.from({ length: calls }, () => {
        const words = [name, ...Array.from({ length: below(5) }, argument)];
        return { Name: name, Text: `{{${words.join(' ')}}}`, Sprig: true };
      }),
    );
}

class Generator {
  readonly #below: (limit: number) => number;
  #variables: string[] = [];
  #depth = 0;
  #sprig = false;

  constructor(seed: number) {
    this.#below = randomNumbers(seed);
  }

  template(sprig: boolean): string {
    this.#sprig = sprig;
    this.#variables = [];
    let text = this.#chance(8) ? '{{define "T"}}[{{.}}]{{end}}' : '';
    const count = 1 + this.#below(3);
    for (let index = 0; index < count; index++) text += this.#statement();
    return text;
  }

  #chance(of: number): boolean {
    return this.#below(of) === 0;
  }

  #pick(from: readonly string[]): string {
    return from[this.#below(from.length)] ?? '';
  }

  #statement(): string {
    this.#depth++;
    const text = this.#depth > 3 ? this.#action() : this.#anyStatement();
    this.#depth--;
    return text;
  }

  #anyStatement(): string {
    const left = this.#chance(8) ? '{{- ' : '{{';
    const right = this.#chance(8) ? ' -}}' : '}}';
    switch (this.#below(12)) {
      case 0:
        return this.#pick([' text ', '\n', 'a\n  b', '{ }', '{{/* note */}}', '%']);
      case 1:
      case 2: {
        const otherwise = this.#chance(2)
          ? `{{else}}${this.#block()}`
          : this.#chance(3)
            ? `{{else if ${this.#pipeline()}}}${this.#block()}`
            : '';
        return `${left}if ${this.#pipeline()}${right}${this.#block()}${otherwise}{{end}}`;
      }
      case 3:
      case 4:
        return this.#range(left, right);
      case 5:
        return `{{with ${this.#declared()}${this.#pipeline()}}}${this.#block()}{{else}}${this.#block()}{{end}}`;
      case 6: {
        const name = `$v${this.#variables.length}`;
        const text = `{{${name} := ${this.#pipeline()}}}`;
        this.#variables.push(name);
        return text;
      }
      case 7:
        return this.#variables.length > 0
          ? `{{${this.#pick(this.#variables)} = ${this.#pipeline()}}}`
          : this.#action();
      case 8:
        return `{{block "B${this.#below(1_000_000)}" ${this.#operand('v')}}}<{{.}}>{{end}}`;
      default:
        return this.#action();
    }
  }

  #range(left: string, right: string): string {
    const form = this.#below(3);
    const visible = this.#variables.length;
    const names = [`$v${visible}`, `$v${visible + 1}`].slice(0, form);
    const head = form === 0 ? '' : `${names.join(', ')} := `;
    const over = this.#chance(4) ? this.#pipeline() : this.#operand(this.#chance(3) ? 'm' : 'l');
    this.#variables.push(...names);
    const jump = this.#chance(5)
      ? `{{if ${this.#operand('v')}}}{{${this.#pick(['break', 'continue'])}}}{{end}}`
      : '';
    const body = `${this.#chance(2) ? '{{.}};' : ''}${jump}${this.#block()}`;
    this.#variables.length = visible;
    return `${left}range ${head}${over}${right}${body}{{else}}none{{end}}`;
  }

  #declared(): string {
    return this.#chance(3) ? '$w := ' : '';
  }

  /** Variables that are declared inside end with it. */
  #block(): string {
    const visible = this.#variables.length;
    const text = this.#statement();
    this.#variables.length = visible;
    return text;
  }

  #action(): string {
    return `{{${this.#pipeline()}}}`;
  }

  #pipeline(): string {
    let text = this.#command();
    while (this.#chance(4))
      text += ` | ${this.#pick(['print', 'printf "%v"', 'len', 'not', 'html', 'printf "%q"', 'index .Words', 'eq "a"', 'and 1'])}`;
    return text;
  }

  #command(): string {
    return this.#chance(3) ? this.#operand('v') : this.#call();
  }

  #call(): string {
    const [name = '', ...kinds] = this.#pick(this.#sprig && !this.#chance(3) ? SPRIG : GO).split(' ');
    return [name, ...kinds.map((kind) => (kind.length === 1 ? this.#operand(kind) : kind))].join(' ');
  }

  #operand(kind: string): string {
    const wanted = this.#chance(12) ? 'v' : kind;
    switch (wanted) {
      case '|':
        return '|';
      case 'f':
        return JSON.stringify(this.#pick(FORMATS));
      case 'r':
        return this.#pick(REGEXES);
      case 'c':
        return this.#pick(CONSTRAINTS);
      case 'w':
        return this.#pick(VERSIONS);
      case 'i':
        return this.#pick(['0', '1', '2', '3', '5', '-1', '10', '.Index', '(len .Words)']);
      case 's':
        return this.#chance(3)
          ? this.#pick(['"a"', '"b"', '"o"', '""', '" "', '"hello"', '"zz"', '"string"'])
          : this.#param('s');
      case 'l':
      case 'm':
        return this.#param(wanted);
      default:
        return this.#anyOperand();
    }
  }

  #param(kind: string): string {
    return `(.Param "${this.#pick(BY_KIND[kind] ?? [])}")`;
  }

  #anyOperand(): string {
    switch (this.#below(9)) {
      case 0:
      case 1:
        return this.#pick(LITERALS);
      case 2:
        return this.#variables.length > 0
          ? this.#pick(this.#variables)
          : this.#pick(['.Index', '$', '.']).replace(/^[$.]$/, '.Words');
      case 3:
        return this.#pick([
          '.Machine.Name',
          '.Machine.Path',
          '.Machine.MacAddr',
          '(.Machine.MacAddr "pxelinux")',
          '.Machine.Tasks',
          '.Machine.Params.deep.a',
          '.Machine.Nope',
          '.Nobody.Name',
          '.Machine.Params.m.zz',
          '(index .Words 0)',
          '(.Repeat 2 "x")',
          '(.Float 2)',
          '.Words',
          '.Index',
        ]);
      case 4:
        return this.#depth < 4 ? `(${this.#deeper()})` : '1';
      default:
        return `(.Param "${this.#pick(Object.keys(PARAMS))}")`;
    }
  }

  #deeper(): string {
    this.#depth++;
    const text = this.#call();
    this.#depth--;
    return text;
  }
}
