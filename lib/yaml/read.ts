import { type Constructed, construct } from './construct.ts';
import { yamlEvents } from './events.ts';
import { YamlError } from './yaml-error.ts';

/** Limit for values added by aliases. */
const MAX_ALIASED = 1_000_000;

export interface YamlDocument extends Constructed {
  /** The line after the first document, from 1; undefined when nothing follows. */
  restLine: number | undefined;
}

/**
 * Parses the first document of a YAML text by the endpoint's rules. Aliases make the value a graph: walking it needs a
 * limit. Throws YamlError.
 */
export function parseYaml(text: string): YamlDocument {
  const { text: read, events, restLine } = yamlEvents(text);
  return { ...construct(read, events), restLine };
}

/**
 * Parses the first document of a YAML text into plain JSON data by the endpoint's rules: YAML 1.1 of ghodss/yaml on
 * go-yaml v2.2. `yes` is true, `010` is 8; `1e3`, dates and times are strings. Keys named `__proto__` are dropped. With
 * `single`, further text is an error; endpoints ignore it. Throws YamlError.
 */
export function readYaml(text: string, { single = false } = {}): unknown {
  const { value, restLine } = parseYaml(text);
  if (single && restLine !== undefined) {
    throw new YamlError('a second YAML document begins, of which an endpoint would read nothing', restLine);
  }
  let left = text.length + MAX_ALIASED;
  return plain(value);

  function plain(value: unknown): unknown {
    left -= 1;
    if (left < 0) throw new YamlError('holds too many values; do aliases multiply?', undefined);
    if (typeof value === 'bigint') return Number(value);
    if (typeof value === 'number' && !Number.isFinite(value)) {
      throw new YamlError(`${value} has no form in JSON`, undefined);
    }
    if (Array.isArray(value)) return value.map(plain);
    if (typeof value !== 'object' || value === null) return value;
    const members = Object.entries(value).filter(([name]) => name !== '__proto__');
    return Object.fromEntries(members.map(([name, member]) => [name, plain(member)]));
  }
}
