import { RE2JS, RE2JSException } from 're2js';
import { fromBytes, toBytes } from '../bytes.ts';
import { canBackquote, quote } from '../quote.ts';
import { type Callable, FunctionError, type Work } from '../values/value.ts';
import { type Functions, fn, heavy, strings } from './define.ts';

// re2js has the syntax of Go's package regexp and takes linear time.

interface Match {
  readonly start: number;
  readonly end: number;
  /** The whole match, then the groups. */
  readonly groups: readonly (string | undefined)[];
  readonly names: Readonly<Record<string, number>>;
}

/** Compiles an expression. `must` functions report the original error, others add that compiling failed. */
type Compile = (work: Work, pattern: string, text: string) => RE2JS;

function matching(compile: Compile): Callable {
  return heavy(['string', 'string'], 'bool', (work, pattern, text) =>
    compile(work, pattern, text).matcher(fromBytes(text)).find(),
  );
}

function finding(compile: Compile): Callable {
  return heavy(['string', 'string'], 'string', (work, pattern, text) => {
    const [first] = matches(work, compile(work, pattern, text), text, 1);
    return toBytes(first?.groups[0] ?? '');
  });
}

function findingAll(compile: Compile): Callable {
  return heavy(['string', 'string', 'int'], '[]string', (work, pattern, text, most) => {
    const found = matches(work, compile(work, pattern, text), text, most);
    return strings(
      found.map(({ groups }) => toBytes(groups[0] ?? '')),
      found.length === 0,
    );
  });
}

function replacing(compile: Compile, literally: boolean): Callable {
  return heavy(['string', 'string', 'string'], 'string', (work, pattern, text, by) => {
    const template = fromBytes(by);
    return replaced(work, compile(work, pattern, text), text, (found) =>
      literally ? template : expand(template, found),
    );
  });
}

function splitting(compile: Compile): Callable {
  return heavy(['string', 'string', 'int'], '[]string', (work, pattern, text, most) => {
    const expression = compile(work, pattern, text);
    if (most === 0) return strings([], true);
    return strings(pattern !== '' && text === '' ? [''] : pieces(work, expression, text, most));
  });
}

export const REGEXES: Functions = {
  // An invalid expression matches nothing here; in other functions it is an error.
  regexMatch: heavy(['string', 'string'], 'bool', (work, pattern, text) => {
    try {
      return compiled(work, pattern, text).matcher(fromBytes(text)).find();
    } catch (error) {
      if (error instanceof FunctionError) return false;
      throw error;
    }
  }),
  mustRegexMatch: matching(compiled),
  regexFind: finding(mustCompile),
  mustRegexFind: finding(compiled),
  regexFindAll: findingAll(mustCompile),
  mustRegexFindAll: findingAll(compiled),
  regexReplaceAll: replacing(mustCompile, false),
  mustRegexReplaceAll: replacing(compiled, false),
  regexReplaceAllLiteral: replacing(mustCompile, true),
  mustRegexReplaceAllLiteral: replacing(compiled, true),
  regexSplit: splitting(mustCompile),
  mustRegexSplit: splitting(compiled),
  regexQuoteMeta: fn(['string'], 'string', (text) => text.replace(/[\\.+*?()|[\]{}^$]/g, '\\$&')),
};

/** Counts steps for text and expression. */
function compiled(work: Work, pattern: string, text: string): RE2JS {
  work.step(1 + Math.ceil(pattern.length / 16));
  try {
    const expression = RE2JS.compile(fromBytes(pattern));
    work.step(Math.ceil((text.length * expression.programSize()) / 64));
    return expression;
  } catch (error) {
    if (error instanceof RE2JSException) throw new FunctionError(toBytes(error.message));
    throw error;
  }
}

function mustCompile(work: Work, pattern: string, text: string): RE2JS {
  try {
    return compiled(work, pattern, text);
  } catch (error) {
    if (!(error instanceof FunctionError)) throw error;
    const shown = canBackquote(pattern) ? `\`${pattern}\`` : quote(pattern);
    throw new FunctionError(`regexp: Compile(${shown}): ${error.message}`);
  }
}

/** At most `most` matches that do not overlap; all if it is negative. */
function matches(work: Work, expression: RE2JS, text: string, most: number): Match[] {
  const names = expression.namedGroups() as Record<string, number>;
  const matcher = expression.matcher(fromBytes(text));
  const found: Match[] = [];
  let last = -1;
  while ((most < 0 || found.length < most) && matcher.find()) {
    const [start, end] = [matcher.start(), matcher.end()];
    // Go skips an empty match directly after another match.
    if (start === end && start === last) continue;
    work.make(32);
    last = end;
    const groups = Array.from(
      { length: matcher.groupCount() + 1 },
      (_, index) => matcher.group(index) ?? undefined,
    );
    found.push({ start, end, groups, names });
  }
  return found;
}

function replaced(work: Work, expression: RE2JS, text: string, by: (found: Match) => string): string {
  const whole = fromBytes(text);
  let result = '';
  let at = 0;
  for (const found of matches(work, expression, text, -1)) {
    const replacement = by(found);
    work.make(replacement.length);
    result += whole.slice(at, found.start) + replacement;
    at = found.end;
  }
  return toBytes(result + whole.slice(at));
}

/** Expands `$1`, `$name` and `${name}` in a replacement. Names are as long as possible; missing groups are empty. */
function expand(template: string, { groups, names }: Match): string {
  return template.replace(
    /\$(?:\$|\{([\p{L}\p{Nd}_]+)\}|([\p{L}\p{Nd}_]+))/gu,
    (whole, braced?: string, bare?: string) => {
      const name = braced ?? bare;
      if (name === undefined) return whole === '$$' ? '$' : whole;
      if (/^\d+$/.test(name)) return groups[Number(name)] ?? '';
      return Object.hasOwn(names, name) ? (groups[names[name] ?? -1] ?? '') : '';
    },
  );
}

function pieces(work: Work, expression: RE2JS, text: string, most: number): string[] {
  const whole = fromBytes(text);
  const parts: string[] = [];
  let [begin, end] = [0, 0];
  for (const found of matches(work, expression, text, most)) {
    if (most > 0 && parts.length === most - 1) break;
    end = found.start;
    if (found.end !== 0) parts.push(whole.slice(begin, end));
    begin = found.end;
  }
  if (end !== whole.length) parts.push(whole.slice(begin));
  return parts.map(toBytes);
}
