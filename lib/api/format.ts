import { isDeeper, ModelError, parseJson } from '../models/index.ts';

/** Nesting limit, as for YAML. */
const DEEPEST = 1000;

/**
 * Parses YAML or JSON written by a person. YAML follows the rules of endpoints: `yes` is true, `010` is 8, `12:30` and
 * dates are strings, the last of equal keys counts. Returns plain JSON data. Throws ModelError 400 with the position of
 * the error.
 */
export async function decodeYaml(text: string): Promise<unknown> {
  const json = jsonValue(text);
  if (json !== undefined) {
    if (!isDeeper(json.value, DEEPEST)) return json.value;
    throw new ModelError(400, 'the JSON nests too deeply', { type: 'CLIENT_ERROR' });
  }
  const { readYaml, YamlError } = await import('../yaml/index.ts');
  try {
    return readYaml(text, { single: true });
  } catch (error) {
    if (!(error instanceof YamlError)) throw error;
    throw new ModelError(400, error.message, { type: 'CLIENT_ERROR', cause: error });
  }
}

/** JSON.parse may read such numbers as infinite; the YAML parser does not. */
const HUGE = /\d{300}|[eE]\+?\d{3}/;

/** The value of a JSON text; undefined for anything else. Avoids loading the YAML parser, which is large and slower. */
function jsonValue(text: string): { value: unknown } | undefined {
  if (!/^\s*[[{"\dtfn-]/.test(text) || HUGE.test(text)) return undefined;
  try {
    return { value: parseJson(text) };
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

/** `value` as JSON or YAML for people. Strings that YAML parsers would read as other types are quoted. */
export async function pretty(format: 'json' | 'yaml', value: unknown): Promise<string> {
  switch (format) {
    case 'json':
      return JSON.stringify(value ?? null, null, 2);
    case 'yaml': {
      const { formatYaml } = await import('../yaml/index.ts');
      const data: unknown = JSON.parse(JSON.stringify(value ?? null));
      return formatYaml(data);
    }
    default:
      throw new ModelError(400, `Unknown pretty format ${format}`, { type: 'CLIENT_ERROR' });
  }
}
