const TOKEN = /"(?:[^"\\]|\\.)*"?|[{}[\],:]|[^\s{}[\],:"]+/g;
const INDENT = '  ';

/**
 * Reformats JSON without changing its tokens: numbers are not rounded, repeated names are kept. Undefined for text that
 * is not JSON.
 */
export function indentJson(text: string): string | undefined {
  try {
    JSON.parse(text);
  } catch {
    return undefined;
  }
  const tokens = text.match(TOKEN) ?? [];
  let depth = 0;
  let result = '';
  for (const [at, token] of tokens.entries()) {
    const next = tokens[at + 1] ?? '';
    if (token === '{' || token === '[') {
      const isEmpty = next === '}' || next === ']';
      if (!isEmpty) depth += 1;
      result += isEmpty ? token : `${token}\n${INDENT.repeat(depth)}`;
    } else if (token === '}' || token === ']') {
      result += token;
    } else if (token === ',') {
      result += `,\n${INDENT.repeat(depth)}`;
    } else {
      result += token === ':' ? ': ' : token;
    }
    const closes = (next === '}' || next === ']') && token !== '{' && token !== '[';
    if (closes) {
      depth -= 1;
      result += `\n${INDENT.repeat(depth)}`;
    }
  }
  return result;
}
