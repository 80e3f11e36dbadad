import { constants } from 'node:fs';
import { lstat, open } from 'node:fs/promises';
import path from 'node:path';
import { makeFolder } from '../files/index.ts';
import { META_FIELDS, ModelError } from '../models/index.ts';
import { formatYaml } from '../yaml/index.ts';
import type { Bundle, ContentObject } from './bundle.ts';
import { formatJson } from './json.ts';
import { isEndpointType } from './object-types.ts';
import { withoutState } from './state-fields.ts';

export interface UnbundleOptions {
  /** The format of the objects' files. Default JSON, as in drpcli. */
  format?: 'json' | 'yaml';
}

const OBJECT_FILE = /\.(?:yaml|yml|json)$/;
/** Leaves room, within the 255 bytes of a file name, for a unique suffix and the extension. */
const MAX_STEM = 200;

/**
 * Writes a bundle into a folder in directory store format. readStore returns the same bundle from it, except for state
 * fields of endpoints and drpcli. Nothing outside of the folder is written: object types that are not plain folder
 * names, and symbolic links in place of a folder or file, are refused. Other files in the folder are kept. Throws
 * ModelError (400).
 */
export async function unbundle(
  bundle: Bundle,
  directory: string,
  options: UnbundleOptions = {},
): Promise<void> {
  const files = storeFiles(bundle, options.format ?? 'json');
  await makeNewFolder(directory);
  const folders = new Set(files.map(({ folder }) => folder).filter((folder) => folder !== ''));
  for (const folder of folders) await makePlainFolder(path.join(directory, folder), folder);
  for (const { folder, name, text } of files) await writePlainFile(path.join(directory, folder, name), text);
}

interface StoreFile {
  /** Empty for the folder of the pack itself. */
  folder: string;
  name: string;
  text: string;
}

function storeFiles(bundle: Bundle, format: 'json' | 'yaml'): StoreFile[] {
  const files: StoreFile[] = [];
  for (const field of META_FIELDS) {
    const text = bundle.meta[field] ?? '';
    if (text !== '') files.push({ folder: '', name: `._${field}.meta`, text });
  }
  for (const [type, objects] of Object.entries(bundle.sections)) {
    if (!isFolderName(type)) {
      throw new ModelError(
        400,
        `Cannot write objects of type ${JSON.stringify(type)}: it is not a folder name`,
      );
    }
    const names = new FileNames();
    // Verbatim templates get their names first, since the file name is the key; other objects are renamed on conflict.
    const known = isEndpointType(type);
    const authored = Object.entries(objects).map(([key, object]): [string, ContentObject] => {
      return [key, known ? withoutState(object) : object];
    });
    const entries = authored.sort(([a, x], [b, y]) => {
      return Number(isVerbatim(type, b, y)) - Number(isVerbatim(type, a, x)) || (a < b ? -1 : 1);
    });
    for (const [key, object] of entries) {
      if (isVerbatim(type, key, object) && names.take(key)) {
        files.push({ folder: type, name: key, text: String(object.Contents) });
      } else {
        const text = format === 'yaml' ? formatYaml(object) : formatJson(object);
        files.push({ folder: type, name: names.unique(key, `.${format}`), text });
      }
    }
  }
  return files;
}

/** Whether a template can be written as a file with just its text: it has only an ID and Contents. */
function isVerbatim(type: string, key: string, object: ContentObject): boolean {
  if (type !== 'templates' || OBJECT_FILE.test(key) || key !== plainStem(key) || /^\.*$/.test(key))
    return false;
  if (object.ID !== key || typeof object.Contents !== 'string') return false;
  return Object.entries(object).every(([field, value]) => {
    return field === 'ID' || field === 'Contents' || isEmpty(value);
  });
}

function isEmpty(value: unknown): boolean {
  return typeof value === 'object' && value !== null ? Object.keys(value).length === 0 : !value;
}

/** Assigns unique file names, also for file systems that ignore case. */
class FileNames {
  readonly #taken = new Set<string>();

  take(name: string): boolean {
    const folded = name.normalize('NFC').toLowerCase();
    if (this.#taken.has(folded)) return false;
    this.#taken.add(folded);
    return true;
  }

  unique(key: string, extension: string): string {
    const stem = plainStem(key);
    for (let count = 1; ; count += 1) {
      const name = count === 1 ? `${stem}${extension}` : `${stem}-${count}${extension}`;
      if (this.take(name)) return name;
    }
  }
}

/** A key as file name without extension: `/` becomes `.`; characters that file names cannot have become `_`. */
function plainStem(key: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what must not get into a file name
  const plain = key.replaceAll('/', '.').replace(/[\u0000-\u001f\u007f\\]/g, '_');
  if (Buffer.byteLength(plain) <= MAX_STEM) return plain;
  return Buffer.from(plain)
    .subarray(0, MAX_STEM)
    .toString('utf8')
    .replace(/\ufffd+$/, '');
}

function isFolderName(type: string): boolean {
  return type !== '' && !type.startsWith('.') && type === plainStem(type);
}

async function makeNewFolder(folder: string): Promise<void> {
  await makeFolder(folder).catch((error: unknown) => {
    throw new ModelError(400, `Cannot make the folder ${folder}: ${reason(error)}`, { cause: error });
  });
}

async function makePlainFolder(folder: string, name: string): Promise<void> {
  const found = await lstat(folder).catch(() => undefined);
  if (found === undefined) return makeNewFolder(folder);
  if (!found.isDirectory())
    throw new ModelError(400, `${name} exists and is not a folder; nothing is written into it`);
}

async function writePlainFile(file: string, text: string): Promise<void> {
  const { O_WRONLY, O_CREAT, O_TRUNC, O_NOFOLLOW, O_NONBLOCK } = constants;
  try {
    await using handle = await open(file, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_NONBLOCK);
    await handle.writeFile(text);
  } catch (error) {
    throw new ModelError(400, `Failed to save ${file}: ${reason(error)}`, { cause: error });
  }
}

function reason(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
