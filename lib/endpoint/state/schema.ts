import draft4, { type ErrorObject, type ValidateFunction } from 'ajv-draft-04';
import { isObject, isPlainSchema, type RawModel, UNIQUE_ITEMS } from '../../models/index.ts';

/** Ajv never forgets compiled schemas, and each change of a param compiles one. After so many a new Ajv is made. */
const MOST_COMPILED = 500;

const TYPES = ['array', 'boolean', 'integer', 'number', 'null', 'object', 'string'];

let ajv = newAjv();
let compiled = 0;

function newAjv() {
  const made = new draft4.default({
    strict: false,
    allErrors: true,
    // Errors include the value.
    verbose: true,
    validateFormats: false,
    addUsedSchema: false,
    validateSchema: false,
  });
  return made.removeKeyword(UNIQUE_ITEMS.keyword).addKeyword(UNIQUE_ITEMS);
}

/** Throws an Error for an invalid schema. */
function compile(schema: RawModel): ValidateFunction {
  if (compiled === MOST_COMPILED) {
    ajv = newAjv();
    compiled = 0;
  }
  compiled += 1;
  if (!isPlainSchema(schema)) ajv.validateSchema(schema, true);
  return ajv.compile(schema);
}

/** A validator for JSON Schema draft 4; undefined for an invalid schema. */
export function compileSchema(schema: RawModel): ValidateFunction | undefined {
  try {
    return compile(schema);
  } catch {
    return undefined;
  }
}

/** The problem with a schema; undefined when it is valid. */
export function schemaDefect(schema: RawModel): string | undefined {
  try {
    compile(schema);
    return undefined;
  } catch (error) {
    const type = unknownType(schema);
    if (type !== undefined) {
      return `has a primitive type that is NOT VALID -- given: /${type}/ Expected valid values are:[${TYPES.join(' ')}]`;
    }
    return `Invalid Schema: ${error instanceof Error ? error.message : String(error)}`;
  }
}

function unknownType(schema: unknown): string | undefined {
  if (!isObject(schema)) return undefined;
  const { type, properties, items, additionalProperties } = schema;
  for (const each of Array.isArray(type) ? type : [type]) {
    if (typeof each === 'string' && !TYPES.includes(each)) return each;
  }
  const parts = [
    ...(isObject(properties) ? Object.values(properties) : []),
    items,
    additionalProperties,
  ].flat();
  for (const part of parts) {
    const found = unknownType(part);
    if (found !== undefined) return found;
  }
  return undefined;
}

/** The problems of a value, in the words of dr-provision's JSON Schema package (gojsonschema). */
export function schemaProblems(validate: ValidateFunction, value: unknown): string[] {
  if (validate(value)) return [];
  const errors = validate.errors ?? [];
  // The errors contain the value, which may be a secret.
  validate.errors = null;
  return errors.map((error) => {
    const field = error.instancePath === '' ? '(root)' : error.instancePath.slice(1).replaceAll('/', '.');
    return `${field}: ${words(error, field)}`;
  });
}

function words(
  { keyword, params, message = '', data, schema, parentSchema }: ErrorObject,
  field: string,
): string {
  const { limit } = params;
  switch (keyword) {
    case 'type': {
      const expected = Array.isArray(schema) ? `[${schema.join(',')}]` : String(schema);
      return `Invalid type. Expected: ${expected}, given: ${typeOf(data)}`;
    }
    case 'required':
      return `${params.missingProperty} is required`;
    case 'enum': {
      const allowed = params.allowedValues.map((each: unknown) => JSON.stringify(each)).join(', ');
      return `${field} must be one of the following: ${allowed}`;
    }
    case 'pattern':
      return `Does not match pattern '${params.pattern}'`;
    case 'minLength':
      return `String length must be greater than or equal to ${limit}`;
    case 'maxLength':
      return `String length must be less than or equal to ${limit}`;
    case 'minimum':
      return `Must be greater than ${exclusive(parentSchema?.exclusiveMinimum)}${limit}`;
    case 'maximum':
      return `Must be less than ${exclusive(parentSchema?.exclusiveMaximum)}${limit}`;
    case 'multipleOf':
      return `Must be a multiple of ${params.multipleOf}`;
    case 'minItems':
      return `Array must have at least ${limit} items`;
    case 'maxItems':
      return `Array must have at most ${limit} items`;
    case 'uniqueItems':
      return `array items[${params.j},${params.i}] must be unique`;
    case 'minProperties':
      return `Must have at least ${limit} properties`;
    case 'maxProperties':
      return `Must have at most ${limit} properties`;
    case 'additionalProperties':
      return `Additional property ${params.additionalProperty} is not allowed`;
    case 'additionalItems':
      return 'No additional items allowed on array';
    case 'dependencies':
      return `Has a dependency on ${params.missingProperty}`;
    case 'anyOf':
      return 'Must validate at least one schema (anyOf)';
    case 'oneOf':
      return 'Must validate one and only one schema (oneOf)';
    case 'not':
      return 'Must not validate the schema (not)';
    default:
      return message;
  }
}

function exclusive(isExclusive: unknown): string {
  return isExclusive === true ? '' : 'or equal to ';
}

function typeOf(value: unknown): string {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'array';
  if (typeof value === 'number') return Number.isInteger(value) ? 'integer' : 'number';
  return typeof value;
}
