import { ModelError, parseJson } from '../models/index.ts';

/**
 * Reads YAML or JSON that a person wrote, by the rules of YAML 1.1 as endpoints do (`yes` is true, `010` is 8); dates stay
 * text. The result is plain JSON data. Throws ModelError 400 that says where the text is wrong.
 */
export async function decodeYaml(text: string): Promise<unknown> {
  const { load, Schema, YAML11_SCHEMA } = await import('js-yaml');
  const schema = new Schema(
    YAML11_SCHEMA.tags.filter(({ tagName }) => tagName !== 'tag:yaml.org,2002:timestamp'),
  );
  try {
    const value: unknown = load(text, { schema });
    return value === undefined ? null : parseJson(JSON.stringify(value));
  } catch (error) {
    throw new ModelError(400, error instanceof Error ? error.message : String(error), {
      type: 'CLIENT_ERROR',
      cause: error,
    });
  }
}

/** `value` as a text for people, as JSON or YAML. Text that YAML 1.1 would take for something else is quoted. */
export async function pretty(format: 'json' | 'yaml', value: unknown): Promise<string> {
  switch (format) {
    case 'json':
      return JSON.stringify(value ?? null, null, 2);
    case 'yaml': {
      const { dump, DUMP_SCHEMA } = await import('js-yaml');
      const data: unknown = JSON.parse(JSON.stringify(value ?? null));
      return dump(data, { schema: DUMP_SCHEMA, noRefs: true, lineWidth: -1, sortKeys: true });
    }
    default:
      throw new ModelError(400, `Unknown pretty format ${format}`, { type: 'CLIENT_ERROR' });
  }
}
