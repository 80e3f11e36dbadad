/** Elements of Go's date layouts. Longer ones come before their prefixes. */
const ELEMENTS = [
  'January',
  'Jan',
  'Monday',
  'Mon',
  'MST',
  '002',
  '01',
  '02',
  '03',
  '04',
  '05',
  '06',
  '15',
  '1',
  '2006',
  '2',
  '__2',
  '_2',
  '3',
  '4',
  '5',
  'PM',
  'pm',
  '-070000',
  '-07:00:00',
  '-0700',
  '-07:00',
  '-07',
  'Z070000',
  'Z07:00:00',
  'Z0700',
  'Z07:00',
  'Z07',
] as const;

export type Element = (typeof ELEMENTS)[number] | 'fraction';

/** A part of a layout: an element, or literal text. */
export interface LayoutPart {
  readonly element?: Element;
  readonly text: string;
}

const FRACTION = /^[.,](0+|9+)(?!\d)/;

/** Splits a layout (`2006-01-02`) into its parts. */
export function layoutParts(layout: string): LayoutPart[] {
  const parts: LayoutPart[] = [];
  let literal = '';
  for (let at = 0; at < layout.length; ) {
    const part = partAt(layout.slice(at));
    if (part === undefined) {
      literal += layout[at];
      at++;
      continue;
    }
    if (literal !== '') parts.push({ text: literal });
    literal = '';
    parts.push(part);
    at += part.text.length;
  }
  if (literal !== '') parts.push({ text: literal });
  return parts;
}

function partAt(layout: string): LayoutPart | undefined {
  // `_2006` is a literal `_` and the year.
  if (layout.startsWith('_2006')) return undefined;
  const text = FRACTION.exec(layout)?.[0];
  if (text !== undefined) return { element: 'fraction', text };
  const element = ELEMENTS.find((candidate) => layout.startsWith(candidate));
  if (element === undefined) return undefined;
  if ((element === 'Jan' || element === 'Mon') && /^[a-z]/.test(layout.slice(3))) return undefined;
  return { element, text: element };
}

/** An element for the offset of a time zone. `Z07:00` is written as `Z` for UTC. */
export interface OffsetForm {
  readonly letter: boolean;
  readonly colon: boolean;
  readonly minutes: boolean;
  readonly seconds: boolean;
}

export function offsetForm(element: Element): OffsetForm | undefined {
  if (!element.startsWith('-') && !element.startsWith('Z')) return undefined;
  const digits = element.replace(/\D/g, '').length;
  return {
    letter: element.startsWith('Z'),
    colon: element.includes(':'),
    minutes: digits > 2,
    seconds: digits > 4,
  };
}

export const MONTHS = [
  'January',
  'February',
  'March',
  'April',
  'May',
  'June',
  'July',
  'August',
  'September',
  'October',
  'November',
  'December',
];
export const DAYS = ['Sunday', 'Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday'];
