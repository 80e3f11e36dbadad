/** Document markers. No other line may begin with them. */
const MARKER = /(?:^|[\r\n])(---|\.\.\.)(?=[ \t\r\n]|$)/g;

/** Lines without content: blank ones, comments, directives, and markers with nothing after them. */
const EMPTY_LINES = /(?:[ \t]*(?:#[^\r\n]*)?|%[^\r\n]*|(?:---|\.\.\.)[ \t]*(?:#[^\r\n]*)?)(?:\r\n?|\n|$)/y;

/**
 * The first document in a text, the only one that endpoints read, even if the rest is invalid. `rest` is the offset of
 * further content; undefined when no content follows.
 */
export function firstDocument(text: string): { document: string; rest: number | undefined } {
  const end = endOfFirst(text);
  if (end === text.length) return { document: text, rest: undefined };
  const rest = afterEmptyLines(text, end);
  return { document: text.slice(0, end), rest: rest < text.length ? rest : undefined };
}

function endOfFirst(text: string): number {
  const start = afterEmptyLines(text, text.startsWith('\ufeff') ? 1 : 0, 'comments');
  for (const match of text.matchAll(MARKER)) {
    const [whole, marker = ''] = match;
    const at = match.index + whole.length - marker.length;
    if (at < start || (at === start && marker === '---')) continue;
    return at;
  }
  return text.length;
}

/** The offset of the first line with content. With `comments`, markers count as content. */
function afterEmptyLines(text: string, from: number, only?: 'comments'): number {
  let at = from;
  while (at < text.length) {
    EMPTY_LINES.lastIndex = at;
    const [line = ''] = EMPTY_LINES.exec(text) ?? [];
    if (line === '' || (only === 'comments' && /^(?:---|\.\.\.)/.test(line))) break;
    at += line.length;
  }
  return at;
}
