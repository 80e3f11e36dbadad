import { isObject } from '../../lib/models/index.ts';

/** Fields that are left out: they change with every update, or repeat others. */
const UNSAID = new Set(['Validated', 'ReadOnly', 'Partial', 'LastUpdate', 'ModifiedAt']);
const LONGEST_VALUE = 60;
/** Fields for which only the names of changed members are listed, since they may have many. */
const MAPS = new Set(['Params', 'Meta', 'Profile']);
const MOST = 8;

/** The differences between two versions of an object, one short text per field: `Stage: none → discover`. */
export function changes(before: unknown, after: unknown): string[] {
  if (!isObject(before) || !isObject(after)) return [];
  const told = differing(before, after)
    .filter((field) => !UNSAID.has(field))
    .map((field) => `${field}: ${change(field, own(before, field), own(after, field))}`);
  return told.length > MOST ? [...told.slice(0, MOST), `${told.length - MOST} more`] : told;
}

function change(field: string, before: unknown, after: unknown): string {
  if (MAPS.has(field) && (isObject(before) || isObject(after))) {
    const names = differing(isObject(before) ? before : {}, isObject(after) ? after : {});
    return names.length > MOST ? `${names.slice(0, MOST).join(', ')}, ...` : names.join(', ');
  }
  return `${shown(before)} → ${shown(after)}`;
}

function differing(before: Record<string, unknown>, after: Record<string, unknown>): string[] {
  const names = new Set([...Object.keys(before), ...Object.keys(after)]);
  return [...names].filter((name) => JSON.stringify(own(before, name)) !== JSON.stringify(own(after, name)));
}

/** Own members only: a field may have the name of an inherited one, such as `valueOf`. */
function own(object: Record<string, unknown>, name: string): unknown {
  return Object.hasOwn(object, name) ? object[name] : undefined;
}

function shown(value: unknown): string {
  if (value === undefined || value === null || value === '') return 'none';
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  const line = text.replace(/\s+/g, ' ');
  return line.length > LONGEST_VALUE ? `${line.slice(0, LONGEST_VALUE)}…` : line;
}
