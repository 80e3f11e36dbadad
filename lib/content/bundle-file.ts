import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { writeWhole } from '../files/index.ts';
import { isObject, META_FIELDS, ModelError } from '../models/index.ts';
import { formatYaml } from '../yaml/index.ts';
import type { Bundle, ContentObject } from './bundle.ts';
import { quoteGo, unquoteGo } from './go-string.ts';
import { formatJson } from './json.ts';
import { contentModule } from './module.ts';
import { isEndpointType, keyField } from './object-types.ts';
import { Problems, wholeFile } from './problem.ts';
import { parseJsonText, parseYamlText, type Source, SourceError } from './source.ts';
import { NotUtf8, textOf } from './text-file.ts';
import { typedObject, valueBudget } from './typed-object.ts';

type Extension = '.yaml' | '.yml' | '.json' | '.go' | '.ts';

/** How to write each kind of bundle file, and how to find its YAML again. */
const FORMATS: Readonly<
  Record<Extension, { format(bundle: Bundle): string; yamlIn?(text: string): string | undefined }>
> = {
  '.yaml': { format: formatYaml },
  '.yml': { format: formatYaml },
  '.json': { format: formatJson },
  '.go': {
    format: (bundle) => `package main\n\nvar contentYamlString = ${quoteGo(formatYaml(bundle))}\n`,
    yamlIn: (text) => literalIn(text, /"[^"\\\n]*(?:\\.[^"\\\n]*)*"|`[^`]*`/, unquoteGo),
  },
  '.ts': {
    format: contentModule,
    yamlIn: (text) => literalIn(text, /"[^"\\\n]*(?:\\.[^"\\\n]*)*"/, unquoteJson),
  },
};

/**
 * Writes a bundle to a file. The extension selects the form: `.yaml`, `.yml`, `.json`, or `.go` and `.ts`, modules with
 * the YAML in a string `contentYamlString`. Equal bundles give equal bytes. Readers see all of the file or nothing.
 * Throws ModelError (400).
 */
export async function writeBundle(file: string, bundle: Bundle): Promise<void> {
  const text = FORMATS[extensionOf(file)].format(bundle);
  try {
    await writeWhole(file, text);
  } catch (error) {
    throw new ModelError(400, `Failed to write file: ${reason(error)}`, { cause: error });
  }
}

/**
 * Reads a bundle that writeBundle or drpcli wrote, also as a Go or TypeScript module. Missing meta fields are empty.
 * Throws ModelError (400).
 */
export async function readBundle(file: string): Promise<Bundle> {
  const extension = extensionOf(file);
  let text: string;
  try {
    text = textOf(await readFile(file));
  } catch (error) {
    if (error instanceof NotUtf8) throw unmarshalError(`${file}:${error.line}: ${error.message}`);
    const why = isMissing(error) ? `open ${file}: no such file or directory` : reason(error);
    throw new ModelError(400, `Failed to open store ${file}: ${why}`, { cause: error });
  }
  const yaml =
    FORMATS[extension].yamlIn?.(text) ?? (extension === '.go' || extension === '.ts' ? undefined : text);
  if (yaml === undefined) throw unmarshalError(`${file} has no string contentYamlString`);
  return parseBundle(yaml, file, extension === '.json' ? 'json' : 'yaml');
}

/** Parses a bundle from YAML or JSON. `name` names the text in errors. Throws ModelError (400). */
export function parseBundle(text: string, name: string, format: 'yaml' | 'json' = 'yaml'): Bundle {
  let source: Source;
  try {
    source = format === 'json' ? parseJsonText(text) : parseYamlText(text);
  } catch (error) {
    if (!(error instanceof SourceError)) throw error;
    throw unmarshalError(`${name}${error.line === undefined ? '' : `:${error.line}`}: ${error.message}`);
  }
  const problems = new Problems();
  const bundle = asBundle(source.value, name, problems, format === 'yaml');
  const errors = problems.list.filter(({ severity }) => severity === 'error');
  if (errors.length > 0) throw unmarshalError(errors.map(({ message }) => message));
  return bundle;
}

function asBundle(value: unknown, name: string, problems: Problems, yaml: boolean): Bundle {
  const origin = wholeFile(name);
  const top = isObject(value) ? value : {};
  // An empty text is an empty bundle. Any other document without these members is probably the wrong file.
  const isOther = Object.keys(top).length > 0 && !('meta' in top) && !('sections' in top);
  if (isOther || (!isObject(value) && value !== null)) problems.error(origin, [], 'holds no content bundle');
  /** The members of the object at `at`; null and undefined mean an empty object. */
  const entriesOf = (at: readonly string[], found: unknown): [string, unknown][] => {
    if (isObject(found)) return Object.entries(found);
    if (found !== undefined && found !== null) problems.error(origin, at, 'must be an object');
    return [];
  };
  const given = Object.fromEntries(entriesOf(['meta'], top.meta));
  const meta = Object.fromEntries(
    META_FIELDS.map((field) => {
      const text = given[field] ?? '';
      const isText = typeof text === 'string' || (yaml && typeof text !== 'object');
      if (!isText) problems.error(origin, ['meta', field], 'must be text');
      return [field, isText ? String(text).trim() : ''];
    }),
  );
  const budget = valueBudget();
  const sections: [string, Record<string, ContentObject>][] = [];
  for (const [type, section] of entriesOf(['sections'], top.sections)) {
    const objects: [string, ContentObject][] = [];
    for (const [key, item] of entriesOf(['sections', type], section)) {
      const origin = wholeFile(`${name}: ${type}/${key}`);
      const object = typedObject(item, type, origin, problems, { yaml, budget });
      if (object !== undefined) objects.push([key, withKey(object, type, key)]);
    }
    sections.push([type, Object.fromEntries(objects.sort(byName))]);
  }
  return { meta, sections: Object.fromEntries(sections.sort(byName)) };
}

/**
 * Adds the key to an object that lacks it. In a bundle the key precedes the object, so the object may lack it; in a
 * folder it must not.
 */
function withKey(object: ContentObject, type: string, key: string): ContentObject {
  const field = keyField(type);
  const full: ContentObject = { ...object, [field]: object[field] || key };
  if (!isEndpointType(type)) full.Type ??= type;
  return Object.fromEntries(Object.entries(full).sort(byName));
}

function extensionOf(file: string): Extension {
  const extension = path.extname(file);
  if (Object.hasOwn(FORMATS, extension)) return extension as Extension;
  throw new ModelError(400, `Unknown store extension ${extension}`);
}

function unquoteJson(literal: string): string | undefined {
  try {
    return String(JSON.parse(literal));
  } catch {
    return undefined;
  }
}

/** The string literal assigned to contentYamlString. The name may also occur in an earlier comment. */
function literalIn(
  text: string,
  literal: RegExp,
  unquote: (literal: string) => string | undefined,
): string | undefined {
  const assigned = new RegExp(`\\s*(${literal.source})`, 'y');
  let equals = -1;
  for (const { index } of text.matchAll(/\bcontentYamlString\b/g)) {
    if (index < equals) continue;
    equals = text.indexOf('=', index);
    if (equals < 0) return undefined;
    assigned.lastIndex = equals + 1;
    const found = assigned.exec(text)?.[1];
    if (found !== undefined) return unquote(found);
  }
  return undefined;
}

function byName([a]: [string, unknown], [b]: [string, unknown]): number {
  return a < b ? -1 : 1;
}

function isMissing(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ENOENT';
}

function reason(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

function unmarshalError(messages: string | readonly string[]): ModelError {
  return new ModelError(400, messages, { type: 'Failed to unmarshal store content' });
}
