type JsonSchema = Readonly<Record<string, unknown>>;

/** Types that an object or array schema is made into go this deep; below that they are unknown. */
const MAX_DEPTH = 16;
/** And this many schemas are taken apart: those that refer to each other would be without end in number. */
const MAX_SCHEMAS = 10_000;

/**
 * The TypeScript type of the values that a JSON Schema (draft 4) allows, as far as types can say it: enums are
 * unions, objects and arrays are taken apart, local `$ref`s are followed. What types cannot say (minimum, pattern,
 * not, ...) leaves the type wider; a schema that says nothing, or refers to itself, is `unknown`.
 *
 * `indent` is the indentation of the line that the type stands in.
 */
export function schemaType(schema: unknown, indent = ''): string {
  return new Converter(schema).type(schema, indent, []);
}

/** A doc comment, or nothing where there is nothing to say. Ends with a line break. */
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

  /** `path` holds the schemas that this one is inside of, so that one that refers to itself is noticed. */
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

  /** One of several schemas. One that says nothing about types, only what is required for instance, leaves it open. */
  #choice(schemas: unknown, indent: string, path: readonly JsonSchema[]): string {
    return union(listOf(schemas).map((schema) => this.type(schema, indent, path)));
  }

  #array({ items, additionalItems }: JsonSchema, indent: string, path: readonly JsonSchema[]): string {
    if (!Array.isArray(items)) return `${parenthesized(this.type(items, indent, path))}[]`;
    // The first items by their places. Draft 4 requires none of them.
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
   * The type of properties that have no name in the schema. A schema that names some, and does not speak of others,
   * allows them; the type does not, so that a misspelt name is found.
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
    // An index signature holds for the named properties as well, whose types it may not contradict.
    return hasNamed || isOpen ? 'unknown' : union(schemas.map((schema) => this.type(schema, indent, path)));
  }

  /** What a `$ref` inside of this schema refers to. References to other documents are not followed. */
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

/** A schema without `type` that speaks of properties or items means objects or arrays. */
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

/** Braces hold what is inside of them together; elsewhere a union has to be set apart. */
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
