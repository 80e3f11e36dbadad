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
  const open: string[] = [];
  let expected: Expected = 'value';
  let at = 0;

  const afterValue = (): Expected => (open.length === 0 ? 'end' : 'next');
  const take = (pattern: RegExp): string | undefined => {
    pattern.lastIndex = at;
    return pattern.exec(text)?.[0];
  };
  /** What is expected after the token at `at`; undefined when the token is not valid there. */
  const step = (token: string, scalar: string | undefined): Expected | undefined => {
    if (expected === 'colon') return token === ':' ? 'value' : undefined;
    if (expected === 'key' || expected === 'first key') {
      if (token === '"' && scalar !== undefined) return 'colon';
    } else if (expected === 'value' || expected === 'first value') {
      if (token === '{' || token === '[') {
        open.push(token === '{' ? '}' : ']');
        return token === '{' ? 'first key' : 'first value';
      }
      if (scalar !== undefined) return afterValue();
    } else if (expected === 'next' && token === ',') {
      return open.at(-1) === '}' ? 'key' : 'value';
    }
    const mayClose = expected === 'next' || expected === 'first key' || expected === 'first value';
    if (!mayClose || token !== open.at(-1)) return undefined;
    open.pop();
    return afterValue();
  };

  for (;;) {
    at += take(SPACE)?.length ?? 0;
    const scalar = take(SCALAR);
    const following = at < text.length ? step(text.charAt(at), scalar) : undefined;
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
