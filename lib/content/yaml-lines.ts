import { EVENT_ID, type Event, getScalarValue } from 'js-yaml';
import { type LineTree, partOf } from './line-tree.ts';

/** The line of each field in the first document of a YAML text. Aliases are not followed. */
export function yamlLines(text: string, events: readonly Event[]): LineTree {
  const lines: LineTree = {};
  const lineAt = lineCounter(text);
  let next = 0;

  function value(part: LineTree): void {
    const event = events[next];
    next += 1;
    if (event?.type === EVENT_ID.MAPPING) {
      while (events[next]?.type !== EVENT_ID.POP) {
        const key = events[next];
        if (key?.type === EVENT_ID.SCALAR) {
          next += 1;
          const member = partOf(part, getScalarValue(text, key));
          member.line = lineAt(key.valueStart);
          value(member);
        } else {
          value({});
          value({});
        }
      }
      next += 1;
    } else if (event?.type === EVENT_ID.SEQUENCE) {
      for (let index = 0; events[next]?.type !== EVENT_ID.POP; index += 1) {
        const item = events[next];
        const start =
          item?.type === EVENT_ID.SCALAR
            ? item.valueStart
            : item !== undefined && 'start' in item
              ? item.start
              : -1;
        const element = partOf(part, String(index));
        if (start >= 0) element.line = lineAt(start);
        value(element);
      }
      next += 1;
    }
  }

  next = events.findIndex((event) => event.type !== EVENT_ID.DOCUMENT);
  if (next >= 0) value(lines);
  return lines;
}

/** Line numbers for offsets, counted from 1. Offsets come in ascending order. */
function lineCounter(text: string): (offset: number) => number {
  let line = 1;
  let from = 0;
  let newline = text.indexOf('\n');
  return (offset) => {
    while (newline !== -1 && newline < offset) {
      line += 1;
      from = newline + 1;
      newline = text.indexOf('\n', from);
    }
    return line;
  };
}
