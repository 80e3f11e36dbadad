import { COLLECTION_STYLE, EVENT_ID, type Event, parseEvents, YAMLException } from 'js-yaml';
import { firstDocument } from './first-document.ts';
import { YamlError } from './yaml-error.ts';

/** Nesting limit, since the reader is recursive. No file written by people comes near it. */
const MAX_DEPTH = 1000;
/** Limits for repairs of indentation, in number and in characters. */
const MAX_REPAIRS = 5000;
const MAX_INSERTED = 4_000_000;

export interface YamlEvents {
  /** The text that the offsets refer to. Its lines are those of the given text. */
  text: string;
  events: Event[];
  /** The line after the first document, from 1. Endpoints ignore the rest. */
  restLine: number | undefined;
}

/** Parses the first document of a text into events. Throws YamlError. */
export function yamlEvents(source: string): YamlEvents {
  const { document, rest } = firstDocument(source);
  try {
    const restLine = rest === undefined ? undefined : lineOf(source, rest);
    return { ...parseAnyBlanks(document), restLine };
  } catch (error) {
    const read = readUntilRest(error, document);
    if (read === undefined) throw asYamlError(error, document);
    return read;
  }
}

/**
 * Handles text after the end of the outermost value: an indented block ends at a line with less indentation, braces and
 * brackets end by themselves. The endpoint's parser ignores it. Undefined for any other error.
 */
function readUntilRest(error: unknown, document: string): YamlEvents | undefined {
  const end = reasonAt(error, 'end of the stream or a document separator is expected');
  if (end === undefined) return undefined;
  const read = completeAlone(document.slice(0, end));
  if (read === undefined) return undefined;
  const outermost = read.events[1];
  if (outermost?.type !== EVENT_ID.MAPPING && outermost?.type !== EVENT_ID.SEQUENCE) return undefined;
  const isOver =
    outermost.style === COLLECTION_STYLE.FLOW ||
    columnOf(document, end) < columnOf(read.text, outermost.start);
  return isOver ? { ...read, restLine: lineOf(document, end) } : undefined;
}

/** Parses a text on its own; undefined when it is not a complete document. */
function completeAlone(document: string): { text: string; events: Event[] } | undefined {
  try {
    return parseAnyBlanks(document);
  } catch {
    return undefined;
  }
}

type Attempt = { events: Event[] } | { error: unknown };

interface Repair {
  text: string;
  /** The line after the last changed one, from 0. */
  end: number;
}

/**
 * Parses text to which js-yaml is stricter than the endpoint's parser: inside of brackets, braces and quotes lines must
 * be indented further than their surroundings, with spaces; and a comment must follow a blank. Blanks have no meaning
 * there, so they are inserted where js-yaml reports an error, until it accepts the text. If that fails, its first error
 * is reported: there a bracket or quote was not closed.
 */
function parseAnyBlanks(document: string): { text: string; events: Event[] } {
  let text = document;
  let attempt = tryParse(text);
  const width = 'error' in attempt ? deepestColumn(document) + 1 : 0;
  let first: unknown;
  // Such lines come in groups, so the following lines are repaired together with the reported one. A wrongly indented
  // line after them causes an error immediately, since nothing may follow a closing bracket or quote.
  let lines = 1;
  for (let repairs = 0; 'error' in attempt; repairs += 1) {
    const { error } = attempt;
    first ??= error;
    const repaired = repairs < MAX_REPAIRS ? repair(text, error, width, lines) : undefined;
    const inserted = (repaired?.text.length ?? 0) - document.length;
    if (repaired === undefined || repaired.text === text || inserted > MAX_INSERTED) throw first;
    const next = tryParse(repaired.text);
    if (lines > 1 && 'error' in next && lineOfError(next.error) < repaired.end) {
      lines = 1;
      continue;
    }
    text = repaired.text;
    attempt = next;
    lines *= 2;
  }
  return { text, events: attempt.events };
}

function tryParse(text: string): Attempt {
  try {
    return { events: parseEvents(text, { maxDepth: MAX_DEPTH }) };
  } catch (error) {
    return { error };
  }
}

/** The text with blanks inserted where js-yaml reports their absence; undefined for other errors. */
function repair(text: string, error: unknown, width: number, lines: number): Repair | undefined {
  if (!(error instanceof YAMLException) || error.mark === undefined) return undefined;
  const { line, position } = error.mark;
  if (/^["'\]},]#/.test(text.slice(position - 1, position + 1))) {
    return { text: `${text.slice(0, position)} ${text.slice(position)}`, end: line };
  }
  if (error.reason !== 'deficient indentation') return undefined;
  const start = position - columnOf(text, position);
  const lead = text.slice(start, position);
  // In the middle of a line, the error is about a tab.
  if (/[^ \t]/.test(lead)) {
    const replaced = withoutTab(text, start, position);
    return replaced === undefined ? undefined : { text: replaced, end: line };
  }
  if (lead.search(/\t|$/) >= width) return undefined;
  let left = Math.min(lines, Math.ceil(MAX_INSERTED / width));
  const indented = text.slice(start).replace(/[^\r\n]*(?:\r\n?|\n|$)/g, (whole) => {
    left -= 1;
    return left < 0 || /^\s*$/.test(whole) ? whole : ' '.repeat(width) + whole;
  });
  return { text: text.slice(0, start) + indented, end: line + lines };
}

/** Removes a tab. Which one has to be tried, since those in quoted text must stay. */
function withoutTab(text: string, from: number, position: number): string | undefined {
  for (let tab = text.indexOf('\t', from); tab !== -1 && tab < position; tab = text.indexOf('\t', tab + 1)) {
    const replaced = `${text.slice(0, tab)} ${text.slice(tab + 1)}`;
    const attempt = tryParse(replaced);
    if ('events' in attempt || reasonAt(attempt.error, 'deficient indentation') !== position) return replaced;
  }
  return undefined;
}

/** The position of js-yaml's error `reason`; undefined for another error. */
function reasonAt(error: unknown, reason: string): number | undefined {
  return error instanceof YAMLException && error.reason === reason ? error.mark?.position : undefined;
}

function lineOfError(error: unknown): number {
  return error instanceof YAMLException ? (error.mark?.line ?? 0) : 0;
}

/** A bound for the column of block collections in `text`: only blanks and indicators precede them. */
function deepestColumn(text: string): number {
  let deepest = 0;
  for (const [lead] of text.matchAll(/(?<=^|[\r\n])[ \t?:-]+/g)) deepest = Math.max(deepest, lead.length);
  return deepest;
}

function asYamlError(error: unknown, document: string): unknown {
  if (!(error instanceof YAMLException)) return error;
  const { reason, mark } = error;
  if (mark === undefined) return new YamlError(reason, undefined);
  const isTab = reason === 'deficient indentation' && document.split('\n')[mark.line]?.includes('\t');
  return new YamlError(isTab ? `${reason}: a tab does not indent` : reason, mark.line + 1);
}

/** The line of an offset, counted from 1. */
function lineOf(text: string, offset: number): number {
  return text.slice(0, offset).split(/\r\n?|\n/).length;
}

function columnOf(text: string, offset: number): number {
  const before = text.slice(0, offset);
  return offset - Math.max(before.lastIndexOf('\n'), before.lastIndexOf('\r')) - 1;
}
