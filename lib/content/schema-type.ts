type JsonSchema = Readonly<Record<string, unknown>>;

/** Nesting depth to which object and array schemas become types; deeper ones are `unknown`. */
const MAX_DEPTH = 16;
/** How many schemas are converted in total: mutual references could expand without end. */
const MAX_SCHEMAS = 10_000;

/**
 * The TypeScript type for the values that a JSON Schema (draft 4) allows. Enums become unions, objects and arrays are
 * converted recursively, local `$ref`s are followed. Keywords without a counterpart (minimum, pattern, not, ...) are
 * ignored, which leaves the type wider. A schema without a type, or one that refers to itself, becomes `unknown`.
 *
 * `indent` is the indentation of the line that contains the type.
 */
export function schemaType(schema: unknown, indent = ''): string {
  return new Converter(schema).type(schema, indent, []);
}

/** A doc comment with a line break at its end; empty when `text` is. */
export function docComment(text: string, indent: string): string {
  const lines = text
    .trim()
    .replaceAll('*/', '*\\/')
    .split(/\r?\n|[\u2028\u2029]/);
  if (text.trim() === '') return '';
  if (lines.length === 1) return `${indent}/** ${lines[0]} */\n`;
  return `${indent}/**\n${lines.map((line) => `${indent} * ${line}`.trimEnd()).join('\n')}\n${indent} */\n`;
}

class Converter {
  readonly #root: unknown;
  #schemas = 0;

  constructor(root: unknown) {
    this.#root = root;
  }

  /** `path` holds the enclosing schemas, so that recursion is detected. */
  type(schema: unknown, indent: string, path: readonly JsonSchema[]): string {
    this.#schemas += 1;
    if (this.#schemas > MAX_SCHEMAS) return 'unknown';
    if (!isSchema(schema) || path.includes(schema) || path.length > MAX_DEPTH) return 'unknown';
    const inside = [...path, schema];
    if (typeof schema.$ref === 'string') return this.type(this.#resolve(schema.$ref), indent, inside);
    if (Array.isArray(schema.enum)) return union(schema.enum.map((value) => literal(value)));
    const parts = [
      this.#typed(schema, indent, inside),
      this.#choice(schema.anyOf, indent, inside),
      this.#choice(schema.oneOf, indent, inside),
      ...listOf(schema.allOf).map((part) => this.type(part, indent, inside)),
    ];
    const said = [...new Set(parts)].filter((part) => part !== 'unknown');
    if (said.length === 0) return 'unknown';
    return said.map((part) => (said.length > 1 ? parenthesized(part) : part)).join(' & ');
  }

  #typed(schema: JsonSchema, indent: string, path: readonly JsonSchema[]): string {
    const { type } = schema;
    if (Array.isArray(type)) {
      return union(type.map((name) => this.#typed({ ...schema, type: name }, indent, path)));
    }
    switch (type ?? impliedType(schema)) {
      case 'string':
      case 'boolean':
      case 'null':
        return String(type);
      case 'integer':
      case 'number':
        return 'number';
      case 'array':
        return this.#array(schema, indent, path);
      case 'object':
        return this.#object(schema, indent, path);
      default:
        return 'unknown';
    }
  }

  /** The union of alternative schemas; `unknown` when one of them has no type (only `required`, for instance). */
  #choice(schemas: unknown, indent: string, path: readonly JsonSchema[]): string {
    return union(listOf(schemas).map((schema) => this.type(schema, indent, path)));
  }

  #array({ items, additionalItems }: JsonSchema, indent: string, path: readonly JsonSchema[]): string {
    if (!Array.isArray(items)) return `${parenthesized(this.type(items, indent, path))}[]`;
    // Items by position. Draft 4 requires none of them.
    const places = items.map((item) => `${parenthesized(this.type(item, indent, path))}?`);
    const rest = parenthesized(this.type(additionalItems, indent, path));
    return `[${[...places, ...(additionalItems === false ? [] : [`...${rest}[]`])].join(', ')}]`;
  }

  #object(schema: JsonSchema, indent: string, path: readonly JsonSchema[]): string {
    const properties = isSchema(schema.properties) ? Object.entries(schema.properties) : [];
    const required = new Set(listOf(schema.required));
    const inner = `${indent}  `;
    const members = properties.map(([name, property]) => {
      const comment = isSchema(property) ? docComment(textOf(property.description), inner) : '';
      const mark = required.has(name) ? '' : '?';
      return `${comment}${inner}${JSON.stringify(name)}${mark}: ${this.type(property, inner, path)};\n`;
    });
    const others = this.#otherProperties(schema, properties.length > 0, inner, path);
    if (others !== undefined) members.push(`${inner}[name: string]: ${others};\n`);
    return members.length === 0 ? 'Record<string, never>' : `{\n${members.join('')}${indent}}`;
  }

  /**
   * The type of properties that the schema does not name. A schema that names some properties and does not mention
   * others allows them; the type does not, so that the compiler finds misspelt names.
   */
  #otherProperties(
    { additionalProperties, patternProperties }: JsonSchema,
    hasNamed: boolean,
    indent: string,
    path: readonly JsonSchema[],
  ): string | undefined {
    const patterns = isSchema(patternProperties) ? Object.values(patternProperties) : [];
    const isOpen = additionalProperties === true || (additionalProperties === undefined && !hasNamed);
    if (isOpen && patterns.length === 0) return 'unknown';
    const schemas = isSchema(additionalProperties) ? [...patterns, additionalProperties] : patterns;
    if (schemas.length === 0) return undefined;
    // An index signature also applies to the named properties and must not contradict their types.
    return hasNamed || isOpen ? 'unknown' : union(schemas.map((schema) => this.type(schema, indent, path)));
  }

  /** The target of a `$ref` inside of this schema. References to other documents are not followed. */
  #resolve(reference: string): unknown {
    if (!reference.startsWith('#')) return undefined;
    let found: unknown = this.#root;
    for (const part of reference.split('/').slice(1)) {
      const key = decoded(part).replaceAll('~1', '/').replaceAll('~0', '~');
      found =
        typeof found === 'object' && found !== null && Object.hasOwn(found, key)
          ? (found as JsonSchema)[key]
          : undefined;
    }
    return found;
  }
}

function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}

/** The type of a schema without `type`: with properties it describes objects, with items arrays. */
function impliedType(schema: JsonSchema): string | undefined {
  if (isSchema(schema.properties) || isSchema(schema.patternProperties)) return 'object';
  return schema.items === undefined ? undefined : 'array';
}

function literal(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(literal).join(', ')}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value) ?? 'never';
  const members = Object.entries(value).map(([name, item]) => `${JSON.stringify(name)}: ${literal(item)}`);
  return members.length === 0 ? 'Record<string, never>' : `{ ${members.join('; ')} }`;
}

function union(types: readonly string[]): string {
  const all = [...new Set(types)];
  if (all.length === 0 || all.includes('unknown')) return 'unknown';
  return all.join(' | ');
}

/** Adds parentheses to a union, where the context needs them. */
function parenthesized(type: string): string {
  return /^(?:\w+|"[^"]*"|\{[^{}]*\})(?:\[\])*$/.test(type) ? type : `(${type})`;
}

function listOf(value: unknown): unknown[] {
  return Array.isArray(value) ? value : [];
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

function isSchema(value: unknown): value is JsonSchema {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
