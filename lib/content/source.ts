import { jsonErrorLine } from './json-error-line.ts';
import { jsonLines } from './json-lines.ts';
import { closestLine } from './line-tree.ts';
import { parseYamlSource, YAMLException } from './yaml.ts';

/** A parsed YAML or JSON file. */
export interface Source {
  value: unknown;
  /** The line of the field at `path`, or of the closest field around it that has one. */
  line(path: readonly string[]): number | undefined;
  /** How many further YAML documents follow, which the endpoint does not read. */
  furtherDocuments: number;
}

/** A text that cannot be parsed. `line` counts from 1. */
export class SourceError extends Error {
  readonly line: number | undefined;

  constructor(reason: string, line: number | undefined) {
    super(reason);
    this.line = line;
  }
}

/** Parses YAML as the endpoint reads it. Throws SourceError. */
export function parseYamlText(text: string): Source {
  try {
    const { documents, lines } = parseYamlSource(text);
    const furtherDocuments = documents.slice(1).filter((document) => document !== null).length;
    return { value: documents[0] ?? null, line: (path) => closestLine(lines, path), furtherDocuments };
  } catch (error) {
    if (!(error instanceof YAMLException)) throw error;
    const { reason, mark } = error;
    if (mark === undefined) throw new SourceError(reason, undefined);
    const tab = reason === 'deficient indentation' && text.split('\n')[mark.line]?.includes('\t');
    throw new SourceError(tab ? `${reason}: a tab does not indent` : reason, mark.line + 1);
  }
}

/** Parses JSON; a byte order mark at its start is skipped. Throws SourceError. */
export function parseJsonText(text: string): Source {
  const json = text.replace(/^\ufeff/, '');
  let value: unknown;
  try {
    value = JSON.parse(json);
  } catch (error) {
    throw jsonError(json, error instanceof Error ? error.message : String(error));
  }
  const { lines, duplicate } = jsonLines(json);
  if (duplicate !== undefined)
    throw new SourceError(`duplicated key ${JSON.stringify(duplicate.key)}`, duplicate.line);
  return { value, line: (path) => closestLine(lines, path), furtherDocuments: 0 };
}

function jsonError(json: string, message: string): SourceError {
  if (json.trim() === '') return new SourceError('unexpected end of JSON input', undefined);
  // What the parser quotes of the text, and its count of characters, say nothing that the line does not.
  return new SourceError(
    message.replace(/ in JSON at position .*|, .* is not valid JSON$/s, ''),
    jsonErrorLine(json),
  );
}
