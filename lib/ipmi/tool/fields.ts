import type { FieldValue } from '../commands/fields.ts';

/**
 * Parses ipmitool's `Name : value` lines. Indented lines after an empty value are its list; repeated names become a
 * list too. Other lines are ignored.
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

/** Parses `Name : value`, indented by at most one space. */
function fieldIn(line: string): { name: string; value: string } | undefined {
  const start = line.startsWith(' ') ? 1 : 0;
  const colon = line.indexOf(':', start + 1);
  if (colon < 0 || /^\s/.test(line.slice(start, start + 1))) return undefined;
  return { name: line.slice(start, colon).trimEnd(), value: line.slice(colon + 1).trim() };
}

function added(before: FieldValue | undefined, value: string): FieldValue {
  if (before === undefined) return value === 'true' || value === 'false' ? value === 'true' : value;
  if (!Array.isArray(before)) return [String(before), value];
  // Appends in place: copying the list for each item would take quadratic time.
  before.push(value);
  return before;
}
