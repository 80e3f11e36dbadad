import { styleText } from 'node:util';

/** JSON with sorted keys, indented by two spaces; in drpcli's colors for terminals. */
export function jsonText(value: unknown, color: boolean): string {
  return lines(value, color ? painted : (_style, text) => text, '');
}

type Paint = (style: Parameters<typeof styleText>[0], text: string) => string;

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
        return `${deeper}${paint(['blue', 'bold'], JSON.stringify(key))}: ${lines(member, paint, deeper)}`;
      });
    return enclosed('{}', members, indent);
  }
  return paint(STYLES[typeof value] ?? 'gray', JSON.stringify(value));
}

/** Whether stdout is for colors has been found out before. */
const painted: Paint = (style, text) => styleText(style, text, { validateStream: false });

const STYLES: Readonly<Record<string, 'green' | 'yellow' | 'cyan'>> = {
  string: 'green',
  boolean: 'yellow',
  number: 'cyan',
};

function enclosed(brackets: string, items: readonly string[], indent: string): string {
  if (items.length === 0) return brackets;
  return `${brackets[0]}\n${items.join(',\n')}\n${indent}${brackets[1]}`;
}
