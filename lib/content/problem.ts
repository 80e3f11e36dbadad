import { ModelError } from '../models/index.ts';

/** Something that is wrong with a content pack, or with the file that it is read from. */
export interface Problem {
  severity: 'error' | 'warning';
  /** Relative to the pack's folder, `params/size.yaml` for example. */
  file: string;
  /** Counted from 1. Absent where the problem is the file as a whole. */
  line?: number;
  /** The field's path in the object, `Schema.default` for example. */
  field?: string;
  /** The whole of it for people, file, line and field included. */
  message: string;
}

/** A place in a pack: the file, and what finds the line of a field in it. */
export interface Origin {
  file: string;
  /** The line of the field at `path`, or of the closest field around it. */
  line(path: readonly string[]): number | undefined;
}

/** Collects problems while a pack is read and checked. */
export class Problems {
  readonly list: Problem[] = [];

  error(origin: Origin, path: readonly string[], text: string): void {
    this.#add('error', origin, path, text);
  }

  warning(origin: Origin, path: readonly string[], text: string): void {
    this.#add('warning', origin, path, text);
  }

  /** A problem whose text stands for itself, the file included. */
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

/** An origin that knows no lines: a whole file, a folder, or a meta argument. */
export function wholeFile(file: string): Origin {
  return { file, line: () => undefined };
}

/** One line of a file, counted from 1. */
export function atLine(file: string, line: number): Origin {
  return { file, line: () => line };
}

/**
 * Throws ModelError (400) with every error in `problems`, one message each. With `strict`, warnings count as errors.
 * The text of it starts with `Failed to load`, as drpcli's does.
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
