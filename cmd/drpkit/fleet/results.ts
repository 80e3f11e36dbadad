import { appendFileSync, closeSync, fsyncSync, openSync, readFileSync, truncateSync } from 'node:fs';
import { isObject, ModelError } from '../../../lib/models/index.ts';

/** The result of a call: one line of the results file. */
export interface FleetResult {
  Uuid: string;
  Name: string;
  Action: string;
  Ok: boolean;
  /** The action's return value, or the message of its error. */
  Result: unknown;
  Milliseconds: number;
}

/**
 * The results file of a run: one JSON object per line, each on disk before it is shown, so that a crash loses no
 * result.
 */
export class ResultsFile {
  readonly #descriptor: number | undefined;
  /** The known results by machine Uuid. The last line counts. */
  readonly known: ReadonlyMap<string, FleetResult>;

  /** Without a file nothing is stored. Throws ModelError 400 for an inaccessible file. */
  constructor(file: string, action: string) {
    if (file === '') {
      this.known = new Map();
      return;
    }
    try {
      this.#descriptor = openSync(file, 'a', 0o600);
      this.known = new Map(readResults(file, action).map((result) => [result.Uuid, result]));
    } catch (cause) {
      if (cause instanceof ModelError) throw cause;
      throw new ModelError(400, `results: ${cause instanceof Error ? cause.message : cause}`, { cause });
    }
  }

  add(result: FleetResult): void {
    if (this.#descriptor === undefined) return;
    appendFileSync(this.#descriptor, `${JSON.stringify(result)}\n`);
    fsyncSync(this.#descriptor);
  }

  close(): void {
    if (this.#descriptor !== undefined) closeSync(this.#descriptor);
  }
}

function readResults(file: string, action: string): FleetResult[] {
  const text = readFileSync(file, 'utf8');
  const whole = text.slice(0, text.lastIndexOf('\n') + 1);
  const results = whole.split('\n').flatMap((line, at) => {
    if (line === '') return [];
    const result = parsed(line);
    if (!isObject(result) || typeof result.Uuid !== 'string' || typeof result.Action !== 'string') {
      throw new ModelError(400, `results: ${file}: line ${at + 1} is not a result of drpkit fleet`);
    }
    if (result.Action !== action) {
      throw new ModelError(409, `results: ${file} has results of ${result.Action}, not of ${action}`);
    }
    return [result as unknown as FleetResult];
  });
  if (whole === text) return results;
  // A crash may have truncated the last line. New lines must not be appended to it.
  if (!text.slice(whole.length).startsWith('{"Uuid":'.slice(0, text.length - whole.length))) {
    throw new ModelError(400, `results: ${file}: its last line is not a result of drpkit fleet`);
  }
  truncateSync(file, Buffer.byteLength(whole));
  return results;
}

function parsed(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}
