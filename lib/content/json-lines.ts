import { type LineTree, partOf } from '../yaml/index.ts';

/** Line numbers in a JSON text. */
export interface JsonLines {
  lines: LineTree;
  /** Repeated keys, with the line of the second occurrence. */
  duplicates: { path: readonly string[]; line: number }[];
}

const TOKEN = /["{}[\],\n]/g;

/** Finds the line of each value in a valid JSON text, and repeated keys, which `JSON.parse` accepts. */
export function jsonLines(text: string): JsonLines {
  const lines: LineTree = { line: 1 };
  const duplicates: JsonLines['duplicates'] = [];
  // One frame per open object or array. `key` is the current member.
  const frames: { part: LineTree; index: number | undefined; key: string; keys: Set<string> }[] = [];
  let line = 1;
  let expectsKey = false;
  TOKEN.lastIndex = 0;
  for (let match = TOKEN.exec(text); match !== null; match = TOKEN.exec(text)) {
    const [token] = match;
    const frame = frames.at(-1);
    if (token === '\n') {
      line += 1;
    } else if (token === '{' || token === '[') {
      const part = frame === undefined ? lines : partOf(frame.part, String(frame.index ?? frame.key));
      part.line ??= line;
      frames.push({ part, index: token === '[' ? 0 : undefined, key: '', keys: new Set() });
      expectsKey = token === '{';
    } else if (token === '}' || token === ']') {
      frames.pop();
      expectsKey = false;
    } else if (token === ',') {
      if (frame?.index === undefined) expectsKey = true;
      else frame.index += 1;
    } else {
      const end = stringEnd(text, match.index);
      TOKEN.lastIndex = end;
      if (frame === undefined || !expectsKey) continue;
      frame.key = String(JSON.parse(text.slice(match.index, end)));
      if (frame.keys.has(frame.key)) {
        const path = frames.map(({ index, key }) => String(index ?? key));
        duplicates.push({ path, line });
        frame.part.parts?.delete(frame.key);
      }
      frame.keys.add(frame.key);
      partOf(frame.part, frame.key).line = line;
      expectsKey = false;
    }
  }
  return { lines, duplicates };
}

/** The end of the string that begins at `start`: after the next quote with an even number of backslashes before it. */
function stringEnd(text: string, start: number): number {
  let end = start;
  let escaped = true;
  while (escaped) {
    end = text.indexOf('"', end + 1);
    escaped = false;
    for (let at = end - 1; text[at] === '\\'; at -= 1) escaped = !escaped;
  }
  return end + 1;
}
