import { ModelError } from '../models/index.ts';

/** An error or warning about a content pack or the file that it was read from. */
export interface Problem {
  severity: 'error' | 'warning';
  /** Relative to the pack's folder, `params/size.yaml` for example. */
  file: string;
  /** From 1. Absent when the problem concerns the whole file. */
  line?: number;
  /** Path of the field in the object, for example `Schema.default`. */
  field?: string;
  /** The complete message for people, with file, line and field. */
  message: string;
}

/** The file of an object, with the lines of its fields. */
export interface Origin {
  file: string;
  /** The line of the field at `path`, or of the nearest enclosing field. */
  line(path: readonly string[]): number | undefined;
}

/** Collects the problems found while a pack is read and checked. */
export class Problems {
  readonly list: Problem[] = [];

  error(origin: Origin, path: readonly string[], text: string): void {
    this.#add('error', origin, path, text);
  }

  warning(origin: Origin, path: readonly string[], text: string): void {
    this.#add('warning', origin, path, text);
  }

  /** Adds a problem whose text already names the file. */
  unreadable(file: string, message: string, line?: number): void {
    this.list.push({ severity: 'error', file, line, message });
  }

  #add(severity: Problem['severity'], origin: Origin, path: readonly string[], text: string): void {
    const { file } = origin;
    const line = origin.line(path);
    const field = path.length > 0 ? path.join('.') : undefined;
    const place = line === undefined ? file : `${file}:${line}`;
    const message = [place, field, text].filter((part) => part !== undefined).join(': ');
    this.list.push({ severity, file, line, field, message });
  }
}

/** An origin without lines: a file, a folder, or a meta argument. */
export function wholeFile(file: string): Origin {
  return { file, line: () => undefined };
}

/** A line of a file, from 1. */
export function atLine(file: string, line: number): Origin {
  return { file, line: () => line };
}

/**
 * Throws ModelError (400) with all errors in `problems`, one message each. With `strict`, warnings count as errors. The
 * text begins with `Failed to load`, as drpcli's does.
 */
export function refuseProblems(problems: readonly Problem[], options: { strict?: boolean } = {}): void {
  const counted = problems.filter(({ severity }) => severity === 'error' || options.strict === true);
  if (counted.length === 0) return;
  throw new ModelError(
    400,
    counted.map(({ message }) => message),
    { type: 'Failed to load' },
  );
}
