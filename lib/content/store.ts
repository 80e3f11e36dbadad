import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { ModelError } from '../models/index.ts';
import { type Bundle, type ContentObject, META_DEFAULTS, META_FIELDS } from './bundle.ts';
import { keyField } from './object-types.ts';
import { parseYaml, YAMLException } from './yaml.ts';

export interface StoreOptions {
  /** Values for meta fields that have no `._FIELD.meta` file. A file wins, as it does in drpcli. */
  meta?: Readonly<Record<string, string>>;
}

/**
 * Reads a content pack in directory store format (a folder for each object type, `._FIELD.meta` files).
 * Throws ModelError (400) that names the file.
 */
export async function readStore(directory: string, options: StoreOptions = {}): Promise<Bundle> {
  const meta = await readMeta(directory, options.meta ?? {});
  const sections: Bundle['sections'] = {};
  for (const entry of await sortedEntries(directory)) {
    if (!entry.isDirectory() || entry.name.startsWith('.')) continue;
    const objects = await readSection(directory, entry.name);
    if (Object.keys(objects).length > 0) sections[entry.name] = objects;
  }
  return { meta, sections };
}

async function readMeta(directory: string, given: Readonly<Record<string, string>>) {
  const meta: Record<string, string> = {};
  for (const field of META_FIELDS) {
    const file = path.join(directory, `._${field}.meta`);
    const text = await readText(file, file).catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return given[field] ?? META_DEFAULTS[field] ?? '';
      throw error;
    });
    meta[field] = text.trim();
  }
  return meta;
}

async function readSection(directory: string, type: string): Promise<Record<string, ContentObject>> {
  const objects: Record<string, ContentObject> = {};
  for (const entry of await sortedEntries(path.join(directory, type))) {
    if (entry.isDirectory()) continue;
    const file = `${type}/${entry.name}`;
    const text = await readText(path.join(directory, file), file);
    const object = readObject(type, entry.name, text, file);
    const key = object[keyField(type)];
    if (typeof key !== 'string' || key === '') throw contentError(file, `has no ${keyField(type)}`);
    if (Object.hasOwn(objects, key)) throw contentError(file, `is another ${type} object with key ${key}`);
    objects[key] = object;
  }
  return objects;
}

function readObject(type: string, name: string, text: string, file: string): ContentObject {
  const extension = path.extname(name);
  if (extension === '.yaml' || extension === '.yml') return asObject(parse(text, file), file);
  if (extension === '.json') return asObject(parseJson(text, file), file);
  if (type === 'templates') return { ID: name, Contents: text };
  throw new ModelError(400, `No idea how to decode ${name} into ${type}`);
}

function parse(text: string, file: string): unknown {
  try {
    return parseYaml(text)[0];
  } catch (error) {
    if (error instanceof YAMLException) throw contentError(file, error.message);
    throw error;
  }
}

function parseJson(text: string, file: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw contentError(file, error instanceof Error ? error.message : String(error));
  }
}

function asObject(value: unknown, file: string): ContentObject {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw contentError(file, 'holds no object');
  return value as ContentObject;
}

/** The file's text, byte for byte (a byte order mark included). `name` is how errors call it. */
async function readText(file: string, name: string): Promise<string> {
  const bytes = await readFile(file);
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    throw contentError(name, 'is not valid UTF-8');
  }
}

async function sortedEntries(directory: string) {
  const entries = await readdir(directory, { withFileTypes: true });
  return entries.sort((a, b) => (a.name < b.name ? -1 : 1));
}

function contentError(file: string, problem: string): ModelError {
  return new ModelError(400, `${file}: ${problem}`, { type: 'content' });
}
