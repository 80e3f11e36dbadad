import sea from 'node:sea';

/** Set by the build of an executable with several source tables: the name of the table for this one. */
declare const DRP_PLUGINS_SOURCES: string;
const SOURCES = typeof DRP_PLUGINS_SOURCES === 'string' ? DRP_PLUGINS_SOURCES : 'sources.json';

export interface CallSite {
  file: string;
  line: number;
}

/**
 * The table that the build embeds into an executable. It maps lines of the bundled scripts to lines of this project's
 * source files; lines of libraries are left out.
 */
interface SourceTable {
  files: string[];
  scripts: Record<string, [scriptLine: number, fileIndex: number, sourceLine: number][]>;
}

let sources: Map<string, CallSite> | undefined;

/** Source positions by script and line. */
function sourceLines(): Map<string, CallSite> {
  if (sources !== undefined) return sources;
  sources = new Map();
  if (!sea.isSea()) return sources;
  const { files, scripts } = JSON.parse(sea.getAsset(SOURCES, 'utf8')) as SourceTable;
  for (const [script, lines] of Object.entries(scripts)) {
    for (const [scriptLine, file, line] of lines)
      sources.set(`${script}:${scriptLine}`, { file: files[file] ?? '', line });
  }
  return sources;
}

/**
 * The source position of the caller of the function `depth` frames above this one. Every log line needs it, so it reads
 * V8's own frames: that takes an eighth of the time of `getCallSites` of node:util.
 */
export function callSite(depth: number): CallSite {
  const { stackTraceLimit, prepareStackTrace } = Error;
  const holder: { stack?: readonly NodeJS.CallSite[] } = {};
  let frame: NodeJS.CallSite | undefined;
  try {
    Error.stackTraceLimit = depth + 1;
    Error.prepareStackTrace = (_error, frames) => frames;
    Error.captureStackTrace(holder, callSite);
    frame = holder.stack?.[depth];
  } finally {
    Error.stackTraceLimit = stackTraceLimit;
    Error.prepareStackTrace = prepareStackTrace;
  }
  if (frame === undefined) return { file: '', line: 0 };
  return sourceOf(frame.getFileName() ?? '', frame.getLineNumber() ?? 0);
}

/** The source position for a position in the running script: from the embedded table, or unchanged without one. */
function sourceOf(script: string, line: number): CallSite {
  return (
    sourceLines().get(`${script}:${line}`) ?? { file: script.replace(/^.*\/((?:lib|cmd)\/)/, '$1'), line }
  );
}

/** The stack of an error, one frame per entry. Positions in an executable are replaced by source positions. */
export function stackOf(error: unknown): string[] {
  return textOfStack(error)
    .split('\n')
    .filter((frame) => /^ {4}at /.test(frame))
    .map((frame) => {
      const [, caller = '', script, number] = /^(.*[( ])([^() ]+):(\d+):\d+\)?$/.exec(frame) ?? [];
      if (script === undefined || script.startsWith('node:')) return frame.trim();
      const { file, line } = sourceOf(script, Number(number));
      return `${caller.replace(/\($/, '').trim()} (${file}:${line})`;
    });
}

/** The stack as text; empty when there is no stack or reading it throws, as a getter or a Proxy trap may. */
function textOfStack(error: unknown): string {
  try {
    const stack: unknown = error instanceof Error ? error.stack : undefined;
    return typeof stack === 'string' ? stack : '';
  } catch {
    return '';
  }
}
