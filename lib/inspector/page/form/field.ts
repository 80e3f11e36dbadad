// Imported directly, since the rest of the folder needs Node.js.
import { jsonProblem } from '../../../content/json-problem.ts';
import type { RawModel } from '../../../models/index.ts';
import { isObject } from '../../../models/json.ts';

/** The kind of an input field. */
export type FieldKind = 'text' | 'number' | 'flag' | 'choice' | 'json';

/** The form field of a param. */
export interface Field {
  name: string;
  kind: FieldKind;
  required: boolean;
  /** The value must be hidden. */
  secure: boolean;
  description: string;
  documentation: string;
  /** A description of valid values: `whole number, at least 1`. */
  about: string;
  schema: RawModel;
  /** Choices, each as JSON. */
  choices: readonly string[];
  default: { value: unknown } | undefined;
}

/** The parts of a param object that a form needs. */
export interface ParamDefinition {
  Name: string;
  Description?: string;
  Documentation?: string;
  Secure?: boolean;
  Schema?: unknown;
}

/** The field of a param. `param` is undefined when the endpoint does not know it: then any JSON is valid. */
export function fieldOf(name: string, param: ParamDefinition | undefined, required: boolean): Field {
  const schema = isObject(param?.Schema) ? param.Schema : {};
  const choices = Array.isArray(schema.enum) ? schema.enum.map((value) => JSON.stringify(value)) : [];
  const secure = param?.Secure === true;
  return {
    name,
    kind: secure ? secretKindOf(schema) : kindOf(schema, choices),
    required,
    secure,
    description: param?.Description ?? '',
    documentation: param?.Documentation ?? '',
    about: aboutOf(schema),
    schema,
    choices,
    default: 'default' in schema ? { value: schema.default } : undefined,
  };
}

function kindOf(schema: RawModel, choices: readonly string[]): FieldKind {
  if (choices.length > 0) return 'choice';
  switch (schema.type) {
    case 'string':
      return 'text';
    case 'integer':
    case 'number':
      return 'number';
    case 'boolean':
      return 'flag';
    default:
      return 'json';
  }
}

/** The kind of a hidden field. Most secrets are strings, even if the schema does not say so. */
function secretKindOf({ type }: RawModel): FieldKind {
  return type === undefined || type === 'string' ? 'text' : 'json';
}

const WORDS: Readonly<Record<string, string>> = {
  integer: 'whole number',
  string: 'text',
  boolean: 'true or false',
  array: 'list',
};

function aboutOf(schema: RawModel): string {
  const { type, minimum, maximum, minLength, maxLength, items, format } = schema;
  const types = (Array.isArray(type) ? type : [type]).filter((one) => typeof one === 'string');
  const words = types.map((one) => WORDS[one] ?? one);
  if (type === 'array' && isObject(items) && typeof items.type === 'string')
    words[0] = `list of ${items.type === 'integer' ? 'number' : items.type}s`;
  const bounds = [
    typeof format === 'string' ? format : '',
    typeof minimum === 'number' ? `at least ${minimum}` : '',
    typeof maximum === 'number' ? `at most ${maximum}` : '',
    typeof minLength === 'number' ? `at least ${minLength} characters` : '',
    typeof maxLength === 'number' ? `at most ${maxLength} characters` : '',
  ];
  return [words.join(' or ') || 'any JSON', ...bounds].filter((part) => part !== '').join(', ');
}

/** The entered value, what is wrong with it, or undefined when nothing was entered. */
export type Reading = { value: unknown } | { problem: string } | undefined;

/** Parses the text of a field. An empty text means no value. */
export function read(field: Field, text: string): Reading {
  if (text === '') return undefined;
  const reading = readAs(field, text);
  // A detailed message would quote the secret.
  return field.secure && reading !== undefined && 'problem' in reading
    ? { problem: `Expected ${field.about}` }
    : reading;
}

function readAs(field: Field, text: string): Reading {
  switch (field.kind) {
    case 'text':
      return isBeyond(field.schema, text.length, 'Length')
        ? { problem: `Expected ${field.about}` }
        : { value: text };
    case 'number':
      return readNumber(field, text);
    case 'flag':
    case 'choice':
      return { value: JSON.parse(text) };
    case 'json':
      return readJson(field, text);
  }
}

function readNumber(field: Field, text: string): Reading {
  const value = Number(text.trim());
  const isNumber = text.trim() !== '' && Number.isFinite(value);
  const isWhole = field.schema.type !== 'integer' || Number.isInteger(value);
  if (!isNumber || !isWhole || isBeyond(field.schema, value, 'imum'))
    return { problem: `Expected ${field.about}` };
  return { value };
}

/** Whether `value` violates the schema's bounds. */
function isBeyond(schema: RawModel, value: number, ending: 'Length' | 'imum'): boolean {
  const least = schema[`min${ending}`];
  const most = schema[`max${ending}`];
  return (typeof least === 'number' && value < least) || (typeof most === 'number' && value > most);
}

function readJson({ schema }: Field, text: string): Reading {
  if (text.trim() === '') return undefined;
  const problem = brokenAt(text);
  if (problem !== undefined) return { problem: problem.message };
  const value: unknown = JSON.parse(text);
  const types = [schema.type].flat().filter((type) => typeof type === 'string');
  const found = typeOf(value);
  const fits = types.some((type) => type === found || (type === 'number' && found === 'integer'));
  if (types.length > 0 && !fits)
    return { problem: `Expected ${aboutOf(schema)}, found ${WORDS[found] ?? found}` };
  const missing = (Array.isArray(schema.required) ? schema.required : []).filter(
    (name) => isObject(value) && typeof name === 'string' && !Object.hasOwn(value, name),
  );
  return missing.length > 0 ? { problem: `Missing: ${missing.join(', ')}` } : { value };
}

/** The first syntax error in a JSON text and its position; undefined when it is valid. */
export function brokenAt(text: string): { offset: number; message: string } | undefined {
  try {
    JSON.parse(text);
    return undefined;
  } catch {
    const { offset, line, column, expected } = jsonProblem(text);
    return { offset, message: `Line ${line}, column ${column}: expected ${expected}` };
  }
}

function typeOf(value: unknown): string {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'array';
  if (typeof value === 'number') return Number.isInteger(value) ? 'integer' : 'number';
  return typeof value;
}

/** The text of a value in its field. */
export function textOf(field: Field, value: unknown): string {
  if (value === undefined) return '';
  if (field.kind === 'text' && typeof value === 'string') return value;
  return field.kind === 'json' ? JSON.stringify(value, null, 2) : JSON.stringify(value);
}

/** A template value with all members that the schema names; undefined when it names none. */
export function skeleton(schema: unknown): unknown {
  if (!isObject(schema)) return undefined;
  if ('default' in schema) return schema.default;
  const { type, properties, items } = schema;
  if (type === 'array') {
    const item = skeleton(items);
    return item === undefined ? [] : [item];
  }
  if (type === 'object') {
    const members = Object.entries(isObject(properties) ? properties : {});
    return Object.fromEntries(members.map(([name, member]) => [name, skeleton(member) ?? null]));
  }
  if (Array.isArray(schema.enum)) return schema.enum[0];
  return { string: '', integer: 0, number: 0, boolean: false }[String(type)];
}
