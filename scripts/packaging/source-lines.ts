import { SourceMap, type SourceMapPayload } from 'node:module';

/**
 * Which line of which of our own source files a line of a bundle came from. Executables carry it as the asset
 * `sources.json`, so that a log line can name the source of its caller. Lines count from 1.
 */
export interface SourceLines {
  files: string[];
  /** [line of the bundle, index into files, line of that file], ascending; lines of libraries are left out. */
  lines: [bundleLine: number, file: number, sourceLine: number][];
}

/** Our own sources: those of the project, and of the kit where a project of its own uses it as a package. */
const OWN = /^(?:node_modules\/drp-plugins\/)?((?:lib|cmd)\/.*)/;

/** The table for a bundle and its source map, whose source paths are relative to the project's root. */
export function sourceLines(bundle: string, map: SourceMapPayload): SourceLines {
  const sourceMap = new SourceMap(map);
  const files: string[] = [];
  const lines: SourceLines['lines'] = [];
  for (const [index, text] of bundle.split('\n').entries()) {
    const indent = text.search(/\S/);
    if (indent < 0) continue;
    // findEntry answers with the nearest mapping before, which may be on a line further up. Where a line begins with
    // what esbuild added, the last mapping on it has to do.
    const entry = [indent, text.length]
      .map((column) => sourceMap.findEntry(index, column))
      .find((found) => 'originalSource' in found && found.generatedLine === index);
    if (!entry || !('originalSource' in entry)) continue;
    const own = OWN.exec(entry.originalSource)?.[1];
    if (own === undefined) continue;
    let file = files.indexOf(own);
    if (file < 0) file = files.push(own) - 1;
    lines.push([index + 1, file, entry.originalLine + 1]);
  }
  return { files, lines };
}
