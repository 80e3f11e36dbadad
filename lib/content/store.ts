import { type Dirent, existsSync, lstatSync, readdirSync, readFileSync, realpathSync } from 'node:fs';
import path from 'node:path';
import { META_FIELDS, ModelError } from '../models/index.ts';
import { type Bundle, type ContentObject, META_DEFAULTS } from './bundle.ts';
import { checkBundle } from './check.ts';
import { isEndpointType, keyField, similarTypes } from './object-types.ts';
import { atLine, type Origin, type Problem, Problems, wholeFile } from './problem.ts';
import { parseJsonText, parseYamlText, type Source, SourceError } from './source.ts';
import { NotUtf8, textOf } from './text-file.ts';
import { typedObject } from './typed-object.ts';

export interface StoreOptions {
  /** Values for meta fields without a `._FIELD.meta` file. A file takes precedence, as in drpcli. */
  meta?: Readonly<Record<string, string>>;
  /** Object types of the provider. Other folders with unknown names cause a warning. */
  types?: readonly string[];
  /** Other packs whose objects this one may refer to. */
  others?: readonly Bundle[];
  /** Whether references to unknown objects are accepted when a required pack is not among `others`. */
  trustsRequired?: boolean;
}

export interface StoreContents {
  /** Everything that could be read; complete when no problem is an error. */
  bundle: Bundle;
  /** In the order in which they were found. See refuseProblems. */
  problems: Problem[];
}

/**
 * Reads and checks a content pack in directory store format: a folder for each object type, and `._FIELD.meta` files.
 * Equal folders give equal, sorted bundles. Links that lead out of the folder are not followed, since a pack may be
 * untrusted. Throws ModelError (400) only when the folder itself cannot be read; errors inside are in `problems`.
 *
 * Reads synchronously: with the promises of Node.js a small pack took a fifth longer.
 */
export async function readStore(directory: string, options: StoreOptions = {}): Promise<StoreContents> {
  const problems = new Problems();
  const entries = sortedEntries(directory);
  const meta = readMeta(directory, entries, options.meta ?? {}, problems);
  const sections: [string, Record<string, ContentObject>][] = [];
  const origins = new Map<string, ReadonlyMap<string, Origin>>();
  for (const entry of entries) {
    if (!entry.isDirectory() || entry.name.startsWith('.')) continue;
    const section = readSection(directory, entry.name, problems);
    if (!isEndpointType(entry.name)) declareType(entry.name, section, options.types ?? [], problems);
    if (section.objects.size === 0) continue;
    sections.push([entry.name, Object.fromEntries(sortedByKey(section.objects))]);
    origins.set(entry.name, section.origins);
  }
  const bundle = { meta, sections: Object.fromEntries(sections) };
  const { others = [], trustsRequired = false } = options;
  await checkBundle(bundle, origins, { others, missing: trustsRequired ? 'trust' : 'warn' }, problems);
  return { bundle, problems: problems.list };
}

function readMeta(
  directory: string,
  entries: readonly Dirent[],
  given: Readonly<Record<string, string>>,
  problems: Problems,
): Record<string, string> {
  const fields: ReadonlySet<string> = new Set(META_FIELDS);
  const files = new Map<string, string>();
  for (const { name } of entries) {
    const field = /^\._(.*)\.meta$/.exec(name)?.[1];
    if (field === undefined) continue;
    if (isBrokenLink(path.join(directory, name)))
      problems.warning(wholeFile(name), [], 'is a link to nothing, and is left out');
    else if (fields.has(field)) files.set(field, name);
    else problems.warning(wholeFile(name), [], `${field} is not a meta field and is left out`);
  }
  for (const field of Object.keys(given)) {
    const origin = wholeFile(`${field}=`);
    if (!fields.has(field)) problems.warning(origin, [], `${field} is not a meta field and is left out`);
    else if (files.has(field))
      problems.warning(origin, [], `is not used: the pack has a file ${files.get(field)}`);
  }
  const meta: Record<string, string> = {};
  for (const field of META_FIELDS) {
    const file = files.get(field);
    const text =
      file === undefined ? (given[field] ?? META_DEFAULTS[field] ?? '') : readText(directory, file, problems);
    meta[field] = (text ?? '').trim();
  }
  return meta;
}

interface Section {
  objects: Map<string, ContentObject>;
  origins: Map<string, Origin>;
}

function readSection(directory: string, type: string, problems: Problems): Section {
  const objects = new Map<string, ContentObject>();
  const origins = new Map<string, Origin>();
  for (const entry of sortedEntries(path.join(directory, type))) {
    const file = `${type}/${entry.name}`;
    if (entry.isDirectory()) {
      if (!entry.name.startsWith('.')) problems.warning(wholeFile(file), [], 'is a folder, and is left out');
      continue;
    }
    if (!entry.isFile() && !entry.isSymbolicLink()) {
      problems.unreadable(file, `${file}: is not a file`);
      continue;
    }
    const text = readText(directory, file, problems);
    if (text === undefined) continue;
    const read = readObject(type, entry.name, text, problems);
    if (read === undefined) continue;
    const { object, origin } = read;
    const field = keyField(type);
    const key = object[field];
    const first = typeof key === 'string' ? origins.get(key) : undefined;
    if (typeof key !== 'string' || key === '') {
      problems.error(origin, [field], Object.hasOwn(object, field) ? 'must be text' : 'is missing');
    } else if (first !== undefined) {
      problems.error(origin, [field], `${JSON.stringify(key)} is in ${first.file} already`);
    } else {
      objects.set(key, object);
      origins.set(key, origin);
    }
  }
  return { objects, origins };
}

/**
 * The object in a file. A file in `templates` that is neither YAML nor JSON becomes a template with its exact bytes.
 */
function readObject(type: string, name: string, text: string, problems: Problems) {
  const file = `${type}/${name}`;
  const extension = path.extname(name);
  const yaml = extension === '.yaml' || extension === '.yml';
  if (!yaml && extension !== '.json') {
    if (type === 'templates') return { object: { Contents: text, ID: name }, origin: wholeFile(file) };
    problems.unreadable(file, `No idea how to decode ${name} into ${type}`);
    return undefined;
  }
  let source: Source;
  try {
    source = yaml ? parseYamlText(text) : parseJsonText(text);
  } catch (error) {
    if (!(error instanceof SourceError)) throw error;
    const place = error.line === undefined ? '' : `line ${error.line}: `;
    problems.unreadable(file, `Cannot parse item ${file}: ${place}${error.message}`, error.line);
    return undefined;
  }
  const origin: Origin = { file, line: source.line };
  warnOfUnread(source, file, problems);
  const object = typedObject(source.value, type, origin, problems, { yaml });
  return object === undefined ? undefined : { object, origin };
}

/** Warns of parts of a file that the endpoint ignores. */
function warnOfUnread({ duplicates, restLine }: Source, file: string, problems: Problems): void {
  for (const { path, line } of duplicates) {
    problems.warning(atLine(file, line), path, 'occurs twice; the last one is used');
  }
  if (restLine === undefined) return;
  problems.warning(
    atLine(file, restLine),
    [],
    'the endpoint reads nothing from here on: a file is one YAML document',
  );
}

/**
 * Sets the Type of objects of a provider's type, which is the folder's name. Warns when neither the objects nor
 * `declared` mention that type: the folder may be misspelt.
 */
function declareType(type: string, section: Section, declared: readonly string[], problems: Problems): void {
  let known = declared.includes(type) || section.objects.size > 0;
  for (const [key, object] of section.objects) {
    const given = object.Type;
    const origin = section.origins.get(key);
    if (given === undefined) {
      known &&= declared.includes(type);
      section.objects.set(
        key,
        Object.fromEntries(sortedByKey(new Map(Object.entries({ ...object, Type: type })))),
      );
    } else if (given !== type && origin !== undefined) {
      problems.error(origin, ['Type'], `is ${JSON.stringify(given)} in the folder ${type}`);
    }
  }
  if (known) return;
  const [meant] = similarTypes(type);
  const question = meant === undefined ? 'for' : `did you mean ${meant}? For`;
  const advice = `${question} a provider's own type, set Type: ${type} in its objects`;
  problems.warning(wholeFile(type), [], `unknown folder: no object type has this name; ${advice}`);
}

function readText(directory: string, file: string, problems: Problems): string | undefined {
  try {
    const real = realpathSync.native(path.join(directory, file));
    if (!real.startsWith(realpathSync.native(directory) + path.sep)) {
      problems.unreadable(file, `${file}: is a link that leads out of the folder`);
      return undefined;
    }
    return textOf(readFileSync(real));
  } catch (error) {
    if (error instanceof NotUtf8)
      problems.unreadable(file, `${file}:${error.line}: ${error.message}`, error.line);
    else
      problems.unreadable(
        file,
        `Cannot read item ${file}: ${error instanceof Error ? error.message : error}`,
      );
    return undefined;
  }
}

function isBrokenLink(file: string): boolean {
  return lstatSync(file).isSymbolicLink() && !existsSync(file);
}

function sortedEntries(directory: string): Dirent[] {
  try {
    const entries = readdirSync(directory, { withFileTypes: true });
    return entries.sort((a, b) => (a.name < b.name ? -1 : 1));
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new ModelError(400, `Cannot read substore ${directory}: ${reason}`, {
      type: 'Failed to load',
      cause: error,
    });
  }
}

function sortedByKey<T>(map: ReadonlyMap<string, T>): [string, T][] {
  return [...map].sort(([a], [b]) => (a < b ? -1 : 1));
}
