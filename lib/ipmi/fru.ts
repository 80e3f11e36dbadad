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
      const parts = /^(.*?)\s*\(ID (\d+)\)/.exec(title);
      const name = parts?.[1] ?? title.trim();
      return { id: Number(parts?.[2] ?? 0), name, fields: parseFields(lines.join('\n')) };
    });
}
