import { ModelError } from '../../../lib/models/index.ts';

/** How results are shown. */
export interface Look {
  format: string;
  /** Fields to show in a table; empty for all. */
  fields: readonly string[];
  header: boolean;
  /** Longest text of a cell. */
  length: number;
  /** Colors for JSON, as `colorsFrom` reads them; none unless given. */
  colors?: string;
}

const FORMATS = ['json', 'yaml', 'go', 'text', 'table'];

/** Throws ModelError 400 for a format that no command has. Other formats than FORMATS are those of documents. */
export function checkFormat(format: string): void {
  if (![...FORMATS, 'rst', 'markdown', 'html'].includes(format)) throw unknown(format);
}

/** `value` as a text, as drpcli shows it: objects by sorted keys, tables with a line break at their end. */
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
