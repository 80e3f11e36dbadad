import { isObject } from './json.ts';

type Rule = (value: unknown) => boolean;

const TYPES: ReadonlySet<unknown> = new Set([
  'array',
  'boolean',
  'integer',
  'null',
  'number',
  'object',
  'string',
]);

const DRAFT_4 = 'http://json-schema.org/draft-04/schema#';

const text: Rule = (value) => typeof value === 'string';
const number: Rule = (value) => typeof value === 'number';
const length: Rule = (value) => Number.isInteger(value) && Number(value) >= 0;
const bool: Rule = (value) => typeof value === 'boolean';
const schemas: Rule = (value) => Array.isArray(value) && value.length > 0 && value.every(isPlainSchema);
const members: Rule = (value) => isObject(value) && Object.values(value).every(isPlainSchema);
const distinct = (value: unknown, rule: Rule): boolean =>
  Array.isArray(value) &&
  value.length > 0 &&
  value.every((item) => rule(item) && typeof item !== 'object') &&
  new Set(value).size === value.length;

/** Values of common keywords that are valid in draft 4. Other keywords are left to Ajv. */
const KEYWORDS: ReadonlyMap<string, Rule> = new Map<string, Rule>([
  ['id', text],
  ['$schema', (value) => value === DRAFT_4],
  ['title', text],
  ['description', text],
  ['default', () => true],
  ['multipleOf', (value) => number(value) && Number(value) > 0],
  ['maximum', number],
  ['exclusiveMaximum', () => false],
  ['minimum', number],
  ['exclusiveMinimum', () => false],
  ['maxLength', length],
  ['minLength', length],
  ['pattern', text],
  ['additionalItems', (value) => bool(value) || isPlainSchema(value)],
  ['items', (value) => isPlainSchema(value) || schemas(value)],
  ['maxItems', length],
  ['minItems', length],
  ['uniqueItems', bool],
  ['maxProperties', length],
  ['minProperties', length],
  ['required', (value) => distinct(value, text)],
  ['additionalProperties', (value) => bool(value) || isPlainSchema(value)],
  ['definitions', members],
  ['properties', members],
  ['patternProperties', members],
  ['dependencies', () => false],
  ['enum', (value) => distinct(value, () => true)],
  ['type', (value) => TYPES.has(value) || distinct(value, (type) => TYPES.has(type))],
  ['format', text],
  ['allOf', schemas],
  ['anyOf', schemas],
  ['oneOf', schemas],
  ['not', isPlainSchema],
]);

/**
 * Whether a value is certainly a JSON Schema of draft 4. False means that Ajv has to decide. Ajv's first call takes 20
 * ms to compile the meta schema, more than a small content pack takes as a whole.
 */
export function isPlainSchema(schema: unknown): schema is object {
  return (
    isObject(schema) &&
    Object.entries(schema).every(([keyword, value]) => KEYWORDS.get(keyword)?.(value) ?? true)
  );
}
