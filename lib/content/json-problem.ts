const SPACE = /[ \t\r\n]*/y;
const SCALAR =
  /"(?:[^"\\\p{Cc}]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*"|-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][-+]?\d+)?(?![\w.])|(?:true|false|null)\b/uy;

type Expected = 'value' | 'first value' | 'key' | 'first key' | 'colon' | 'next' | 'end';

const EXPECTED: Readonly<Record<Expected, string>> = {
  value: 'a value',
  'first value': 'a value or ]',
  key: 'a name in double quotes',
  'first key': 'a name in double quotes or }',
  colon: ':',
  next: ',',
  end: 'the end',
};

export interface JsonProblem {
  /** Offset in characters, from 0. */
  offset: number;
  /** Line and column, from 1. */
  line: number;
  column: number;
  /** What would have been valid there. */
  expected: string;
}

/** The first token at which a text stops being valid JSON. `JSON.parse` does not always report the position. */
export function jsonProblem(text: string): JsonProblem {
  /** The closing brackets of what is open. */
  const open: string[] = [];
  let expected: Expected = 'value';
  let at = 0;
  const take = (pattern: RegExp): string | undefined => {
    pattern.lastIndex = at;
    return pattern.exec(text)?.[0];
  };
  for (;;) {
    at += take(SPACE)?.length ?? 0;
    const scalar = take(SCALAR);
    const following: Expected | undefined =
      at < text.length ? after(expected, text.charAt(at), scalar, open) : undefined;
    if (following === undefined) {
      const lines = text.slice(0, at).split('\n');
      const column = (lines.at(-1)?.length ?? 0) + 1;
      const closing = expected === 'next' ? ` or ${open.at(-1)}` : '';
      return { offset: at, line: lines.length, column, expected: `${EXPECTED[expected]}${closing}` };
    }
    const length: number = (expected === 'colon' || expected === 'next' ? undefined : scalar?.length) ?? 1;
    expected = following;
    at += length;
  }
}

/** What is expected after a token that begins with `token`; undefined when it is not valid there. Updates `open`. */
function after(
  expected: Expected,
  token: string,
  scalar: string | undefined,
  open: string[],
): Expected | undefined {
  const isKey = token === '"' && scalar !== undefined;
  switch (expected) {
    case 'colon':
      return token === ':' ? 'value' : undefined;
    case 'key':
      return isKey ? 'colon' : undefined;
    case 'first key':
      return isKey ? 'colon' : close(token, open);
    case 'value':
      return afterValue(token, scalar, open);
    case 'first value':
      return afterValue(token, scalar, open) ?? close(token, open);
    case 'next':
      if (token === ',') return open.at(-1) === '}' ? 'key' : 'value';
      return close(token, open);
    case 'end':
      return undefined;
  }
}

function afterValue(token: string, scalar: string | undefined, open: string[]): Expected | undefined {
  if (token === '{') {
    open.push('}');
    return 'first key';
  }
  if (token === '[') {
    open.push(']');
    return 'first value';
  }
  return scalar === undefined ? undefined : nextIn(open);
}

function close(token: string, open: string[]): Expected | undefined {
  if (token !== open.at(-1)) return undefined;
  open.pop();
  return nextIn(open);
}

function nextIn(open: readonly string[]): Expected {
  return open.length === 0 ? 'end' : 'next';
}
