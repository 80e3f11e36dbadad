import { SourceMap, type SourceMapPayload } from 'node:module';

/**
 * Maps lines of scripts to lines of the project's source files. Executables carry it as asset `sources.json`, so that
 * log lines can name the caller's source. Lines count from 1.
 */
export interface SourceLines {
  files: string[];
  /** By script: [its line, index into files, line of that file], ascending. Lines of libraries are left out. */
  scripts: Record<string, [scriptLine: number, file: number, sourceLine: number][]>;
}

/** Output of esbuild, as a part of a script. */
export interface MappedCode {
  /** Name of the script in stacks. */
  script: string;
  /** The number of lines before it in the script. */
  before: number;
  code: string;
  /** Source paths are relative to the root of the project. */
  map: SourceMapPayload;
}

/** Paths of own sources: of the project, and of the kit installed as a package. */
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
    // findEntry returns the nearest mapping before a position, which may be on an earlier line. If a line begins with
    // code added by esbuild, its last mapping is used.
    const entry = [indent, text.length]
      .map((column) => map.findEntry(index, column))
      .find((found) => 'originalSource' in found && found.generatedLine === index);
    if (!entry || !('originalSource' in entry)) continue;
    const own = OWN.exec(entry.originalSource)?.[1];
    if (own !== undefined) yield [index + 1, own, entry.originalLine + 1];
  }
}
