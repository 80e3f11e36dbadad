import { setFlagsFromString } from 'node:v8';
import { Script } from 'node:vm';
import type { Scripts } from './bundle.ts';

/**
 * One file with the scripts of a command and V8's code caches of them, from which archive.cjs runs it: the length of a
 * header (4 bytes, little-endian), the header as JSON, and the scripts in Latin-1, each with its cache. Whatever a start
 * does not need of it is not even read. `inputs` goes into the header as it is. Without `codeCache` there are none, since a
 * cache is good only for the architecture and the options of the V8 that made it.
 */
export function archiveOf(
  { entry, code }: Pick<Scripts, 'entry' | 'code'>,
  { inputs, codeCache = true }: { inputs?: unknown; codeCache?: boolean } = {},
): Buffer {
  const scripts: Record<string, [position: number, length: number, cacheLength: number]> = {};
  const parts: Buffer[] = [];
  let position = 0;
  for (const [name, text] of Object.entries(code)) {
    const script = Buffer.from(`(function (exports, require, module, bundleUrl) {${text}\n})`, 'latin1');
    const cache = codeCache ? cacheOf(script.toString('latin1'), name) : Buffer.alloc(0);
    scripts[name] = [position, script.length, cache.length];
    parts.push(script, cache);
    position += script.length + cache.length;
  }
  const header = Buffer.from(JSON.stringify({ entry, inputs, scripts }));
  const size = Buffer.alloc(4);
  size.writeUInt32LE(header.length);
  return Buffer.concat([size, header, ...parts]);
}

function cacheOf(script: string, filename: string): Buffer {
  // With all functions, also those that V8 would compile only when they are first called. The option is taken back before
  // the cache is made, because a cache is good only for a V8 with the same options.
  setFlagsFromString('--no-lazy');
  const compiled = new Script(script, { filename });
  setFlagsFromString('--lazy');
  return compiled.createCachedData();
}
