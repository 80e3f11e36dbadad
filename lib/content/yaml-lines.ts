import { EVENT_ID, type Event, getScalarValue } from 'js-yaml';

/** The line of each field in the first document of a YAML text, by `/`-joined path. Aliases are not followed. */
export function yamlLines(text: string, events: readonly Event[]): Map<string, number> {
  const lines = new Map<string, number>();
  const lineAt = lineCounter(text);
  let next = 0;

  function value(path: string): void {
    const event = events[next];
    next += 1;
    if (event?.type === EVENT_ID.MAPPING) {
      while (events[next]?.type !== EVENT_ID.POP) {
        const key = events[next];
        if (key?.type === EVENT_ID.SCALAR) {
          next += 1;
          const keyPath = `${path}/${getScalarValue(text, key)}`;
          lines.set(keyPath, lineAt(key.valueStart));
          value(keyPath);
        } else {
          value(`${path}/?`);
          value(`${path}/?`);
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
        if (start >= 0) lines.set(`${path}/${index}`, lineAt(start));
        value(`${path}/${index}`);
      }
      next += 1;
    }
  }

  next = events.findIndex((event) => event.type !== EVENT_ID.DOCUMENT);
  if (next >= 0) value('');
  return lines;
}

/** Line numbers for offsets, counted from 1. Offsets come in ascending order. */
function lineCounter(text: string): (offset: number) => number {
  let line = 1;
  let from = 0;
  return (offset) => {
    for (let at = text.indexOf('\n', from); at !== -1 && at < offset; at = text.indexOf('\n', from)) {
      line += 1;
      from = at + 1;
    }
    return line;
  };
}
