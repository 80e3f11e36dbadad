import { setFlagsFromString } from 'node:v8';
import { Script } from 'node:vm';
import type { ArchivedScripts } from './bundle.ts';

/** A file, relative to the project, and the state by which archive.cjs detects changes. */
export type FileState = readonly [path: string, changed: number, size: number];

/**
 * Builds the archive of a command: a file with its scripts and V8's code caches, from which archive.cjs runs it.
 * Format: the length of a header (4 bytes, little-endian), the header as JSON, and the scripts in Latin-1, each with
 * its cache. A start reads only the parts that it needs. `inputs` are the paths and states of the source files
 * (archive.cjs), by the first word of the command that needs them, `*` for all. Without `codeCache` there are no
 * caches, since a cache is only valid for the architecture and options of the V8 that made it. A cache contains the
 * functions that were compiled in `rehearsed`, by script name, or else all functions.
 */
export function archiveOf(
  { entry, start, code }: ArchivedScripts,
  {
    inputs = {},
    codeCache = true,
    rehearsed = new Map(),
  }: {
    inputs?: Readonly<Record<string, readonly FileState[]>>;
    codeCache?: boolean;
    rehearsed?: ReadonlyMap<string, Script>;
  } = {},
): Buffer {
  const scripts: Record<string, [position: number, length: number, cacheLength: number]> = {};
  const parts: Buffer[] = [];
  let position = 0;
  // The scripts of every start are joined: V8 takes longer for several.
  const alone = Object.keys(code).filter((name) => !start.includes(name));
  for (const names of [start, ...alone.map((name) => [name])].filter(({ length }) => length > 0)) {
    const functions = names.map(
      (name) => `${JSON.stringify(name)}: function (exports, require, module, bundleUrl) {${code[name]}\n}`,
    );
    const script = Buffer.from(`({${functions.join(',\n')}})`, 'latin1');
    const [first = ''] = names;
    const compiled = () => rehearsed.get(first) ?? compiledInFull(script.toString('latin1'), first);
    const cache = codeCache ? compiled().createCachedData() : Buffer.alloc(0);
    for (const name of names) scripts[name] = [position, script.length, cache.length];
    parts.push(script, cache);
    position += script.length + cache.length;
  }
  const places = new Map<string, [position: number, length: number]>();
  const inputsAt = Object.entries(inputs).map(([word, states]) => {
    // All characters are ASCII.
    const text = Buffer.from(JSON.stringify(states.flat()), 'latin1');
    const place = places.get(text.toString('latin1')) ?? [position, text.length];
    if (place[0] === position) {
      places.set(text.toString('latin1'), place);
      parts.push(text);
      position += text.length;
    }
    return [word, place];
  });
  const header = Buffer.from(JSON.stringify({ entry, inputs: Object.fromEntries(inputsAt), scripts }));
  const size = Buffer.alloc(4);
  size.writeUInt32LE(header.length);
  return Buffer.concat([size, header, ...parts]);
}

function compiledInFull(script: string, filename: string): Script {
  // Compiles all functions, including those that V8 compiles lazily. The option is reset before the cache is made,
  // since a cache is only valid for the same options.
  setFlagsFromString('--no-lazy');
  const compiled = new Script(script, { filename });
  setFlagsFromString('--lazy');
  return compiled;
}
