import { ModelError } from '../../../lib/models/index.ts';

/** How results are shown. */
export interface Look {
  format: string;
  /** Fields to show in a table; empty for all. */
  fields: readonly string[];
  header: boolean;
  /** Longest text of a cell. */
  length: number;
  color: boolean;
}

const FORMATS = ['json', 'yaml', 'text', 'table'];

/** Throws ModelError 400 for a format that no command has. Other formats than FORMATS are those of documents. */
export function checkFormat(format: string): void {
  if (![...FORMATS, 'rst', 'markdown', 'html'].includes(format)) throw unknown(format);
}

/** `value` as a text, as drpcli shows it: objects by sorted keys, tables with a line break at their end. */
export async function formatted(value: unknown, look: Look): Promise<string> {
  const data: unknown = value === undefined ? null : JSON.parse(JSON.stringify(value));
  switch (look.format) {
    case 'json':
      return (await import('./json.ts')).jsonText(data, look.color);
    case 'yaml':
      return (await import('../../../lib/content/index.ts')).formatYaml(data);
    case 'text':
    case 'table':
      return (await import('./table.ts')).tableText(data, look);
    default:
      throw unknown(look.format);
  }
}

function unknown(format: string): ModelError {
  return new ModelError(400, `Unknown pretty format ${format}`);
}
