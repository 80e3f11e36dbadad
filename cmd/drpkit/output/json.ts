/** Parts of JSON with a color, in the order of drpcli's flag `colors`. */
const PARTS = ['string', 'boolean', 'number', 'null', 'key'] as const;

type Part = (typeof PARTS)[number];

/** Codes of ANSI's "select graphic rendition". */
export type Colors = Readonly<Record<Part, readonly number[]>>;

const COLORS: Colors = { string: [32], boolean: [33], number: [36], null: [90], key: [34, 1] };

/**
 * Parses drpcli's flag `colors`: `0=32;4=34,1`, the number of a part and its codes. Invalid entries are ignored;
 * numbers from 5 on are for tables, which have no colors here.
 */
export function colorsFrom(text: string): Colors {
  const given = text.split(';').flatMap((pair): [Part, number[]][] => {
    const [, at = '', codes = ''] = /^(\d)=(\d{1,3}(?:,\d{1,3})*)$/.exec(pair) ?? [];
    const part = PARTS[Number(at || PARTS.length)];
    return part === undefined ? [] : [[part, codes.split(',').map(Number)]];
  });
  return { ...COLORS, ...Object.fromEntries(given) };
}

/** JSON with sorted keys, indented by two spaces. */
export function jsonText(value: unknown, colors?: Colors): string {
  const paint: Paint = (part, text) =>
    colors === undefined ? text : `\x1b[${colors[part].join(';')}m${text}\x1b[0m`;
  return lines(value, paint, '');
}

type Paint = (part: Part, text: string) => string;

function lines(value: unknown, paint: Paint, indent: string): string {
  const deeper = `${indent}  `;
  if (Array.isArray(value)) {
    return enclosed(
      '[]',
      value.map((item) => deeper + lines(item, paint, deeper)),
      indent,
    );
  }
  if (typeof value === 'object' && value !== null) {
    const members = Object.entries(value)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, member]) => {
        return `${deeper}${paint('key', JSON.stringify(key))}: ${lines(member, paint, deeper)}`;
      });
    return enclosed('{}', members, indent);
  }
  return paint(partOf(value), JSON.stringify(value));
}

function partOf(value: unknown): Part {
  const type = typeof value;
  return type === 'string' || type === 'boolean' || type === 'number' ? type : 'null';
}

function enclosed(brackets: string, items: readonly string[], indent: string): string {
  if (items.length === 0) return brackets;
  return `${brackets[0]}\n${items.join(',\n')}\n${indent}${brackets[1]}`;
}
