import { isDeepStrictEqual } from 'node:util';

/** An operation of a JSON patch (RFC 6902). */
export type PatchOperation =
  | { op: 'add' | 'replace' | 'test'; path: string; value: unknown }
  | { op: 'remove'; path: string }
  | { op: 'move' | 'copy'; path: string; from: string };

export interface PatchOptions {
  /** Test the whole of what was, not only what changes: then any other change is a conflict. */
  paranoid?: boolean;
}

/** The JSON pointer (RFC 6901) to the member that is reached by `names`. */
export function pointer(...names: readonly string[]): string {
  return names.map((name) => `/${name.replaceAll('~', '~0').replaceAll('/', '~1')}`).join('');
}

/**
 * The patch that makes `to` of `from`, both taken as JSON. It tests first that what it changes is still as in `from`, so
 * that the endpoint refuses it (409) after somebody else's change. Lists are replaced as a whole, as in the reference:
 * operations on places in a list that somebody else has changed would hit the wrong items.
 */
export async function generatePatch(
  from: unknown,
  to: unknown,
  { paranoid = false }: PatchOptions = {},
): Promise<PatchOperation[]> {
  const { createPatch, createTests } = await import('rfc6902');
  const [before, after] = [plain(from), plain(to)];
  const changes = createPatch(before, after, (input: unknown, output: unknown, path) => {
    if (!Array.isArray(input) || !Array.isArray(output)) return undefined;
    return isDeepStrictEqual(input, output) ? [] : [{ op: 'replace', path: path.toString(), value: output }];
  });
  if (changes.length === 0) return [];
  const tests = paranoid ? [{ op: 'test' as const, path: '', value: before }] : createTests(before, changes);
  return [...tests, ...changes];
}

function plain(value: unknown): unknown {
  return value === undefined ? null : JSON.parse(JSON.stringify(value));
}
