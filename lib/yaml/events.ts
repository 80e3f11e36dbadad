import { COLLECTION_STYLE, EVENT_ID, type Event, parseEvents, YAMLException } from 'js-yaml';
import { firstDocument } from './first-document.ts';
import { YamlError } from './yaml-error.ts';

/** Deeper than any file that people write; the reader below goes down as deep as this. */
const MAX_DEPTH = 1000;
/** How often lines are indented, and by how many characters in all, until a text counts as broken. */
const MAX_REPAIRS = 5000;
const MAX_INSERTED = 4_000_000;

export interface YamlEvents {
  /** What the offsets of the events are about. Its lines are those of the text that was given. */
  text: string;
  events: Event[];
  /** The line of what follows the first document, counted from 1. Endpoints do not read that. */
  restLine: number | undefined;
}

/** The parser's events for the first document of a text. Throws YamlError. */
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
 * What comes before text that does not belong to the outermost value: an indented block ends at a line that is indented
 * less, braces and brackets end by themselves. The endpoint's reader stops there and is content. Undefined for any other
 * error.
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

/** Undefined for what is no document by itself. */
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
  /** The line after the last one that was changed, counted from 0. */
  end: number;
}

/**
 * js-yaml is stricter than the endpoint's reader about blanks: inside of brackets, braces and quotes, lines have to be
 * indented further than what is around them, by spaces; and a comment has a blank before it. In those places blanks mean
 * nothing, so each that it names gets some, until it reads the text. When it does not in the end, its first complaint
 * counts: that is where a bracket or quote was not closed.
 */
function parseAnyBlanks(document: string): { text: string; events: Event[] } {
  let text = document;
  let attempt = tryParse(text);
  const width = 'error' in attempt ? deepestColumn(document) + 1 : 0;
  let first: unknown;
  // Lines that need it come in groups, so the next ones are tried together with the one that js-yaml names. One that does
  // not belong to them, indented by mistake, is an error at once: nothing goes on after a closing bracket or quote.
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

/** The text with blanks where js-yaml misses them; undefined where that is not what is wrong. */
function repair(text: string, error: unknown, width: number, lines: number): Repair | undefined {
  if (!(error instanceof YAMLException) || error.mark === undefined) return undefined;
  const { line, position } = error.mark;
  if (/^["'\]},]#/.test(text.slice(position - 1, position + 1))) {
    return { text: `${text.slice(0, position)} ${text.slice(position)}`, end: line };
  }
  if (error.reason !== 'deficient indentation') return undefined;
  const start = position - columnOf(text, position);
  const lead = text.slice(start, position);
  // After something else in its line, a tab is what it complains about.
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

/** Which tab it is can only be tried: one that is part of quoted text has to stay. */
function withoutTab(text: string, from: number, position: number): string | undefined {
  for (let tab = text.indexOf('\t', from); tab !== -1 && tab < position; tab = text.indexOf('\t', tab + 1)) {
    const replaced = `${text.slice(0, tab)} ${text.slice(tab + 1)}`;
    const attempt = tryParse(replaced);
    if ('events' in attempt || reasonAt(attempt.error, 'deficient indentation') !== position) return replaced;
  }
  return undefined;
}

/** Where js-yaml met what `reason` says; undefined for another error. */
function reasonAt(error: unknown, reason: string): number | undefined {
  return error instanceof YAMLException && error.reason === reason ? error.mark?.position : undefined;
}

function lineOfError(error: unknown): number {
  return error instanceof YAMLException ? (error.mark?.line ?? 0) : 0;
}

/** No block collection in `text` begins further to the right: before it there are only blanks and indicators. */
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
