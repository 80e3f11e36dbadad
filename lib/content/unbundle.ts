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
  /** The form of the objects' files. drpcli's is JSON unless it is told otherwise, and so is this. */
  format?: 'json' | 'yaml';
}

const OBJECT_FILE = /\.(?:yaml|yml|json)$/;
/** Leaves room in the 255 bytes that file systems take for what makes a name unique, and the extension. */
const MAX_STEM = 200;

/**
 * Writes a bundle into a folder in directory store format, so that readStore gives the same bundle again, without the
 * state that endpoints and drpcli fill into objects. Nothing
 * outside of the folder is written: an object type that is not a plain folder name, and a symbolic link where a folder
 * or file is to be, are refused. Files that are there already and are not of this bundle stay.
 * Throws ModelError (400).
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
  /** Empty for the pack's own folder. */
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
      throw new ModelError(400, `Cannot write objects of type ${JSON.stringify(type)}: it is no folder name`);
    }
    const names = new FileNames();
    // Verbatim templates first: their names are their keys, so the others have to make way.
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

/** Whether a template can be a file of its text alone: nothing but its ID and Contents says anything. */
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

/** Gives out file names, none twice, on file systems that ignore case as well. */
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

/** The key as a file name without extension: `/` becomes `.`, what no file name has becomes `_`. */
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
    throw new ModelError(400, `${name} is there and is no folder; nothing is written into it`);
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
