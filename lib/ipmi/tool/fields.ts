import type { FieldValue } from '../commands/fields.ts';

/**
 * ipmitool's `Name : value` lines as an object, under its names. Indented lines that follow an empty value are its
 * list, and a name that comes again makes a list too. Other lines are left out.
 */
export function parseFields(text: string): Record<string, FieldValue> {
  const fields = new Map<string, FieldValue>();
  let name = '';
  for (const line of text.split('\n').map((whole) => whole.trimEnd())) {
    const field = fieldIn(line);
    const item = /^ {2,}(\S.*)$/.exec(line)?.[1];
    if (field !== undefined) {
      name = field.name;
      fields.set(name, added(fields.get(name), field.value));
    } else if (item !== undefined && name !== '') {
      fields.set(name, added(fields.get(name) || [], item));
    }
  }
  return Object.fromEntries(fields);
}

/** `Name : value`, indented by one space at most. */
function fieldIn(line: string): { name: string; value: string } | undefined {
  const start = line.startsWith(' ') ? 1 : 0;
  const colon = line.indexOf(':', start + 1);
  if (colon < 0 || /^\s/.test(line.slice(start, start + 1))) return undefined;
  return { name: line.slice(start, colon).trimEnd(), value: line.slice(colon + 1).trim() };
}

function added(before: FieldValue | undefined, value: string): FieldValue {
  if (before === undefined) return value === 'true' || value === 'false' ? value === 'true' : value;
  if (!Array.isArray(before)) return [String(before), value];
  // One list for all: a copy for each item would take time by the square of their number.
  before.push(value);
  return before;
}
