import { parse, stringify } from 'smol-toml';
import { isObject, ModelError } from '../models/index.ts';

/** A plugin of a container, as declared by `.plugin.toml` in the root of its image. */
export interface DeclaredPlugin {
  /** Path of the executable in the container. */
  path: string;
  /** Its commands; callers use NAME.EXPORT. */
  exports: string[];
  /** Run calls of one export one at a time. */
  queue: boolean;
}

/**
 * Parses `.plugin.toml` into plugins by name. Throws ModelError 400 that names the table, the key and what was
 * expected. (A document of 0-core calls the file .plugins.toml; its code reads .plugin.toml.)
 */
export function readPluginToml(text: string): Map<string, DeclaredPlugin> {
  let document: unknown;
  try {
    document = parse(text);
  } catch (cause) {
    const why = cause instanceof Error ? cause.message.split('\n')[0] : String(cause);
    throw new ModelError(400, `.plugin.toml: ${why}`, { cause });
  }
  const tables = isObject(document) ? (document.plugin ?? {}) : {};
  if (!isObject(tables)) throw wrong('plugin', 'tables [plugin.NAME]');
  return new Map(Object.entries(tables).map(([name, table]) => [name, readPlugin(`plugin.${name}`, table)]));
}

/** Writes the `.plugin.toml` of these plugins. Files of several containers can be concatenated. */
export function writePluginToml(plugins: Readonly<Record<string, DeclaredPlugin>>): string {
  return stringify({ plugin: plugins });
}

function readPlugin(at: string, table: unknown): DeclaredPlugin {
  if (!isObject(table)) throw wrong(at, 'a table');
  const { path, exports = [], queue = false } = table;
  if (typeof path !== 'string' || path === '') throw wrong(`${at}.path`, 'the path of an executable');
  if (!Array.isArray(exports) || !exports.every((name) => typeof name === 'string')) {
    throw wrong(`${at}.exports`, 'a list of texts');
  }
  if (typeof queue !== 'boolean') throw wrong(`${at}.queue`, 'true or false');
  return { path, exports, queue };
}

function wrong(key: string, expected: string): ModelError {
  return new ModelError(400, `.plugin.toml: ${key}: expected ${expected}`);
}
