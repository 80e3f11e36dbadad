import { isDeepStrictEqual } from 'node:util';

/** One operation of a JSON patch (RFC 6902). */
export type PatchOperation =
  | { op: 'add' | 'replace' | 'test'; path: string; value: unknown }
  | { op: 'remove'; path: string }
  | { op: 'move' | 'copy'; path: string; from: string };

export interface PatchOptions {
  /** Test the whole object, not only what changes: then any concurrent change is a conflict. */
  paranoid?: boolean;
}

/** A JSON pointer (RFC 6901) to a nested member, from the names on the way. */
export function pointer(...names: readonly string[]): string {
  return names.map((name) => `/${name.replaceAll('~', '~0').replaceAll('/', '~1')}`).join('');
}

/**
 * The patch that turns `from` into `to`, both taken as JSON. It first tests that the members to change still have their
 * values in `from`, so that the endpoint refuses it (409) after a concurrent change. As in Go's client, lists are
 * replaced as a whole: operations on indexes would hit the wrong items of a list that has changed.
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
