import { ModelError, parseJson } from '../models/index.ts';

/**
 * Reads YAML or JSON that a person wrote. YAML is read by the rules that endpoints read by: `yes` is true, `010` is 8,
 * `12:30` and dates are text, of equal keys the last counts. The result is plain JSON data. Throws ModelError 400 that says
 * where the text is wrong.
 */
export async function decodeYaml(text: string): Promise<unknown> {
  const json = jsonValue(text);
  if (json !== undefined) return json.value;
  const { readYaml, YamlError } = await import('../yaml/index.ts');
  try {
    return readYaml(text, { single: true });
  } catch (error) {
    if (!(error instanceof YamlError)) throw error;
    throw new ModelError(400, error.message, { type: 'CLIENT_ERROR', cause: error });
  }
}

/** Numbers with this many digits, or such an exponent, may be infinite to JSON.parse; a reader of YAML knows better. */
const HUGE = /\d{300}|[eE]\+?\d{3}/;

/** What is JSON needs no reader of YAML, which is large and slower. */
function jsonValue(text: string): { value: unknown } | undefined {
  if (!/^\s*[[{"\dtfn-]/.test(text) || HUGE.test(text)) return undefined;
  try {
    return { value: parseJson(text) };
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

/** `value` as a text for people, as JSON or YAML. Text that a reader of YAML would take for something else is quoted. */
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
