import { SourceMap, type SourceMapPayload } from 'node:module';

/**
 * Which line of which of our own source files a line of a script came from. Executables carry it as the asset
 * `sources.json`, so that a log line can name the source of its caller. Lines count from 1.
 */
export interface SourceLines {
  files: string[];
  /** By script, [its line, index into files, line of that file], ascending; lines of libraries are left out. */
  scripts: Record<string, [scriptLine: number, file: number, sourceLine: number][]>;
}

/** Code that came out of esbuild, as a part of a script. */
export interface MappedCode {
  /** By which stacks name the script. */
  script: string;
  /** How many lines of the script are before it. */
  before: number;
  code: string;
  /** Paths of sources are relative to the root of the project. */
  map: SourceMapPayload;
}

/** Our own sources: those of the project, and of the kit where a project of its own uses it as a package. */
const OWN = /^(?:node_modules\/drp-plugins\/)?((?:lib|cmd)\/.*)/;

/** The table for all scripts of an executable. */
export function sourceLines(parts: Iterable<MappedCode>): SourceLines {
  const files: string[] = [];
  const scripts: SourceLines['scripts'] = {};
  for (const { script, before, code, map } of parts) {
    const lines = scripts[script] ?? [];
    for (const [line, source, sourceLine] of ownLines(code, new SourceMap(map))) {
      let file = files.indexOf(source);
      if (file < 0) file = files.push(source) - 1;
      lines.push([before + line, file, sourceLine]);
    }
    if (lines.length > 0) scripts[script] = lines;
  }
  return { files, scripts };
}

function* ownLines(
  code: string,
  map: SourceMap,
): Iterable<[line: number, source: string, sourceLine: number]> {
  for (const [index, text] of code.split('\n').entries()) {
    const indent = text.search(/\S/);
    if (indent < 0) continue;
    // findEntry answers with the nearest mapping before, which may be on a line further up. Where a line begins with
    // what esbuild added, the last mapping on it has to do.
    const entry = [indent, text.length]
      .map((column) => map.findEntry(index, column))
      .find((found) => 'originalSource' in found && found.generatedLine === index);
    if (!entry || !('originalSource' in entry)) continue;
    const own = OWN.exec(entry.originalSource)?.[1];
    if (own !== undefined) yield [index + 1, own, entry.originalLine + 1];
  }
}
