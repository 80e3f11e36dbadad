import { isDeeper } from '../models/index.ts';
import { closestLine, parseYaml, YamlError } from '../yaml/index.ts';
import { jsonLines } from './json-lines.ts';
import { jsonProblem } from './json-problem.ts';

/** Nesting limit, as for YAML. */
const DEEPEST = 1000;

/** A parsed YAML or JSON file. */
export interface Source {
  value: unknown;
  /** The line of the field at `path`, or of the nearest enclosing field that has one. */
  line(path: readonly string[]): number | undefined;
  /** Repeated keys, with the line of the second occurrence. The last value counts. */
  duplicates: readonly { path: readonly string[]; line: number }[];
  /** The line of the second YAML document, which the endpoint ignores; undefined when there is only one. */
  restLine: number | undefined;
}

/** A text that cannot be parsed. `line` counts from 1. */
export class SourceError extends Error {
  readonly line: number | undefined;

  constructor(reason: string, line: number | undefined) {
    super(reason);
    this.line = line;
  }
}

/** Parses YAML by the endpoint's rules. Throws SourceError. */
export function parseYamlText(text: string): Source {
  try {
    const { value, lines, duplicates, restLine } = parseYaml(text);
    return { value, line: (path) => closestLine(lines, path), duplicates, restLine };
  } catch (error) {
    throw error instanceof YamlError ? new SourceError(error.reason, error.line) : error;
  }
}

/** Parses JSON; skips a leading byte order mark. Throws SourceError. */
export function parseJsonText(text: string): Source {
  const json = text.replace(/^\ufeff/, '');
  let value: unknown;
  try {
    value = JSON.parse(json);
  } catch (error) {
    throw jsonError(json, error instanceof Error ? error.message : String(error));
  }
  if (isDeeper(value, DEEPEST)) throw new SourceError('nests too deeply', undefined);
  const { lines, duplicates } = jsonLines(json);
  return { value, line: (path) => closestLine(lines, path), duplicates, restLine: undefined };
}

function jsonError(json: string, message: string): SourceError {
  if (json.trim() === '') return new SourceError('unexpected end of JSON input', undefined);
  // The parser's message is left out: it quotes the text and counts characters, and the line is more useful.
  return new SourceError(
    message.replace(/ in JSON at position .*|, .* is not valid JSON$/s, ''),
    jsonProblem(json).line,
  );
}
