import { isObject } from '../../../lib/models/index.ts';
import { visible } from './visible.ts';

export interface TableLook {
  format: string;
  /** Columns to show; empty for all. */
  fields: readonly string[];
  header: boolean;
  /** Maximum length of a cell. */
  length: number;
}

/**
 * A table: a list of objects with a row per object, an object with a row per field, another list by index; anything
 * else as text. `text` separates cells by tabs, `table` by lines.
 */
export function tableText(value: unknown, look: TableLook): string {
  const cell = (item: unknown) => truncated(visible(goValue(item)), look.length);
  const rows = rowsOf(value, look.fields);
  if (rows === undefined) return cell(value);
  const [header, ...data] = rows;
  const texts = data.map((row) => row.map((item) => cell(item).split('\n')));
  const titles = look.header && header !== undefined ? header.map((name) => title(String(name))) : [];
  return look.format === 'table' ? ruled(titles, texts) : tabbed(titles, texts);
}

/** The header and the rows; undefined for values other than lists and objects. */
function rowsOf(value: unknown, chosen: readonly string[]): unknown[][] | undefined {
  if (Array.isArray(value)) {
    const [first] = value;
    if (value.length === 0) return [[]];
    if (!isObject(first)) return [['Index', 'Value'], ...value.map((item, index) => [index, item])];
    const fields = chosen.length > 0 ? [...chosen] : Object.keys(first).sort();
    return [fields, ...value.map((item) => fields.map((field) => (isObject(item) ? item[field] : item)))];
  }
  if (!isObject(value)) return undefined;
  const fields = chosen.length > 0 ? chosen : Object.keys(value).sort();
  return [['Field', 'Value'], ...fields.map((field) => [field, value[field]])];
}

function ruled(titles: readonly string[], rows: readonly string[][][]): string {
  const widths = widthsOf(titles, rows);
  const rule = `+${widths.map((width) => `${'-'.repeat(width + 2)}+`).join('')}\n`;
  const line = (texts: readonly string[]) =>
    `|${texts.map((text, column) => ` ${padded(text, widths[column])} |`).join('')}\n`;
  const header = titles.length > 0 ? line(titles) + rule : '';
  return rule + header + rows.flatMap(linesOf).map(line).join('') + rule;
}

function tabbed(titles: readonly string[], rows: readonly string[][][]): string {
  const widths = widthsOf(titles, rows);
  const line = (texts: readonly string[]) => texts.map((text, column) => padded(text, widths[column]));
  const header = titles.length > 0 ? `${line(titles).join('\t')} \n` : '';
  return (
    header +
    rows
      .flatMap(linesOf)
      .map((texts) => `${line(texts).join('\t')}\t\n`)
      .join('')
  );
}

/** The lines of a row with multi-line cells. */
function linesOf(row: readonly string[][]): string[][] {
  const height = Math.max(0, ...row.map(({ length }) => length));
  return Array.from({ length: height }, (_, at) => row.map((lines) => lines[at] ?? '  '));
}

function widthsOf(titles: readonly string[], rows: readonly string[][][]): number[] {
  const widths = titles.map(({ length }) => length);
  for (const row of rows) {
    for (const [column, lines] of row.entries()) {
      widths[column] = Math.max(widths[column] ?? 0, ...lines.map(({ length }) => length));
    }
  }
  return widths;
}

function padded(text: string, width = 0): string {
  return text.padEnd(width);
}

/** A header in upper case, with spaces for `_` and for dots that are not part of a number. */
function title(name: string): string {
  return name
    .replace(/_/g, ' ')
    .replace(/(?<=[^\d\s])\.|\.(?=[^\d\s])/g, ' ')
    .trim()
    .toUpperCase();
}

function truncated(text: string, length: number): string {
  if (text.length <= length) return text;
  return `${text.slice(0, length > 3 ? length - 3 : length)}...`;
}

/**
 * A JSON value in the format of Go's fmt (`%v`), as in drpcli's tables: `map[a:1 b:[x y]]`, `<nil>`. Unlike there,
 * large numbers have no exponent.
 */
function goValue(value: unknown): string {
  if (value === null || value === undefined) return '<nil>';
  if (Array.isArray(value)) return `[${value.map(goValue).join(' ')}]`;
  if (typeof value !== 'object') return String(value);
  const members = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return `map[${members.map(([key, member]) => `${key}:${goValue(member)}`).join(' ')}]`;
}
