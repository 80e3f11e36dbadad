import { ModelError } from '../../../lib/models/index.ts';

/** Options for showing results. */
export interface Look {
  format: string;
  /** Columns of a table; empty for all. */
  fields: readonly string[];
  header: boolean;
  /** Maximum length of a cell. */
  length: number;
  /** Colors for JSON in the syntax of `colorsFrom`; default none. */
  colors?: string;
}

const FORMATS = ['json', 'yaml', 'go', 'text', 'table'];

/** Throws ModelError 400 for an unknown format. Formats outside of FORMATS are those of documents. */
export function checkFormat(format: string): void {
  if (![...FORMATS, 'rst', 'markdown', 'html'].includes(format)) throw unknown(format);
}

/** `value` as text like drpcli's: objects with sorted keys, tables with a final line break. */
export async function formatted(value: unknown, look: Look): Promise<string> {
  const data: unknown = value === undefined ? null : JSON.parse(JSON.stringify(value));
  switch (look.format) {
    case 'json': {
      const { colorsFrom, jsonText } = await import('./json.ts');
      return jsonText(data, look.colors === undefined ? undefined : colorsFrom(look.colors));
    }
    case 'yaml':
      return yamlText(data);
    case 'go':
      return `package main\n\nvar contentYamlString = \`\n${await yamlText(data)}\n\`\n`;
    case 'text':
    case 'table':
      return (await import('./table.ts')).tableText(data, look);
    default:
      throw unknown(look.format);
  }
}

async function yamlText(value: unknown): Promise<string> {
  return (await import('../../../lib/content/index.ts')).formatYaml(value, { quotes: 'go' });
}

function unknown(format: string): ModelError {
  return new ModelError(400, `Unknown pretty format ${format}`);
}
