import sea from 'node:sea';

/** Put in by the build of an executable that has several tables: the name of this one's. */
declare const DRP_PLUGINS_SOURCES: string;
const SOURCES = typeof DRP_PLUGINS_SOURCES === 'string' ? DRP_PLUGINS_SOURCES : 'sources.json';

export interface CallSite {
  file: string;
  line: number;
}

/**
 * The table that the build embeds into an executable: which line of its scripts comes from which line of which source
 * file of this project. Lines of libraries are not in it.
 */
interface SourceTable {
  files: string[];
  scripts: Record<string, [scriptLine: number, fileIndex: number, sourceLine: number][]>;
}

let sources: Map<string, CallSite> | undefined;

/** By script and line. */
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
 * Where the caller of the function `depth` frames above this one stands, as a source file of this project. Each log line
 * has it: V8's own frames take an eighth of the time of `getCallSites` of node:util.
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

/** The source position of a position in the running script: what the table of an executable says, or itself. */
function sourceOf(script: string, line: number): CallSite {
  return (
    sourceLines().get(`${script}:${line}`) ?? { file: script.replace(/^.*\/((?:lib|cmd)\/)/, '$1'), line }
  );
}

/** The stack of an error, one frame per entry, with source positions in place of those in an executable. */
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

/** Empty for what has no stack, or one that cannot be read: a getter or a trap of a Proxy may throw. */
function textOfStack(error: unknown): string {
  try {
    const stack: unknown = error instanceof Error ? error.stack : undefined;
    return typeof stack === 'string' ? stack : '';
  } catch {
    return '';
  }
}
