import type { Fru } from '../commands/fru.ts';
import { parseFields } from './fields.ts';

/** Parses the output of `fru print`. */
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
