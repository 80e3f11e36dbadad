import { type FieldValue, parseFields } from './fields.ts';

/** One field-replaceable unit, as `fru print` tells of it. */
export interface Fru {
  id: number;
  name: string;
  fields: Record<string, FieldValue>;
}

export function parseFru(text: string): Fru[] {
  return text
    .split(/^FRU Device Description\s*: /m)
    .slice(1)
    .map((section) => {
      const [title = '', ...lines] = section.split('\n');
      const id = /\(ID (\d{1,9})\)/.exec(title);
      const name = title.slice(0, id?.index).trimEnd();
      return { id: Number(id?.[1] ?? 0), name, fields: parseFields(lines.join('\n')) };
    });
}
