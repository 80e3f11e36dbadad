import type { SourceLines } from './source.ts';

const TOKEN = /"(?:[^"\\]|\\.)*"|[{}[\],:]|\n/g;

/**
 * Finds in a valid JSON text the line of each value, and the first key that an object has twice, which
 * `JSON.parse` lets pass.
 */
export function jsonLines(text: string): SourceLines {
  const lines = new Map<string, number>([['', 1]]);
  let duplicate: SourceLines['duplicate'];
  // One frame for each open object or array. `key` is the member that is being read.
  const frames: { path: string; index: number | undefined; key: string; keys: Set<string> }[] = [];
  let line = 1;
  let expectsKey = false;
  for (const [token] of text.matchAll(TOKEN)) {
    const frame = frames.at(-1);
    if (token === '\n') {
      line += 1;
    } else if (token === '{' || token === '[') {
      const path = frame === undefined ? '' : `${frame.path}/${frame.index ?? frame.key}`;
      if (!lines.has(path)) lines.set(path, line);
      frames.push({ path, index: token === '[' ? 0 : undefined, key: '', keys: new Set() });
      expectsKey = token === '{';
    } else if (token === '}' || token === ']') {
      frames.pop();
      expectsKey = false;
    } else if (frame !== undefined && token === ',') {
      if (frame.index === undefined) expectsKey = true;
      else frame.index += 1;
    } else if (frame !== undefined && expectsKey && token !== ':') {
      frame.key = String(JSON.parse(token));
      if (frame.keys.has(frame.key)) duplicate ??= { key: frame.key, line };
      frame.keys.add(frame.key);
      lines.set(`${frame.path}/${frame.key}`, line);
      expectsKey = false;
    }
  }
  return { lines, duplicate };
}
