import { applyPatch, type Operation } from 'rfc6902';
import { isObject, ModelError, type ModelErrorDetails } from '../../models/index.ts';
import { isTooDeep } from './shape.ts';

/**
 * Limit of values up to which parts of a document can be copied into itself: repeated copies of copies would grow
 * without bound.
 */
const MOST_VALUES = 100_000;

const OPERATIONS: ReadonlySet<unknown> = new Set(['add', 'remove', 'replace', 'move', 'copy', 'test']);

/**
 * Applies a JSON patch (RFC 6902) to a copy of `document`. Throws ModelError 400 for an invalid patch and 409 for one
 * that does not apply, such as a failed `test`. The error shows the operation, without its value if `isSecret` is true
 * for its path.
 */
export function patched(
  document: unknown,
  patch: unknown,
  details: ModelErrorDetails,
  isSecret: (path: string) => boolean = () => false,
): unknown {
  if (!Array.isArray(patch)) throw new ModelError(400, 'a JSON patch is an array of operations', details);
  const operations = patch.map((operation: unknown, at): Operation => {
    const problem = defect(operation);
    if (problem !== undefined) throw new ModelError(400, `Patch line ${at}: ${problem}`, details);
    return rooted(operation as Operation);
  });
  const holder = { document: structuredClone(document) };
  for (const [line, operation] of operations.entries()) {
    const { op, path } = patch[line] as { op: string; path: string };
    if (op === 'copy' && isTooDeep(holder.document))
      throw new ModelError(400, `Patch line ${line}: the document nests too deeply`, details);
    if (op === 'copy' && sizeOf(holder.document, MOST_VALUES) > MOST_VALUES)
      throw new ModelError(413, `Patch line ${line}: the document becomes too large`, details);
    if (isAbout(holder, operation) && applies(holder, operation)) continue;
    const problem = !OPERATIONS.has(op)
      ? `Invalid op ${op}`
      : op === 'test'
        ? 'Test op failed.'
        : `${op} does not apply at ${JSON.stringify(path)}`;
    const shown = lineText(patch[line] as Line, isSecret(path));
    throw new ModelError(409, [`Patch error at line ${line}: ${problem}`, `Patch line: ${shown}`], details);
  }
  return holder.document;
}

interface Line {
  op: string;
  path: string;
  from?: string;
  value?: unknown;
}

/** An operation as dr-provision shows it: with all fields. */
function lineText({ op, path, from = '', value = null }: Line, isSecret: boolean): string {
  return JSON.stringify({ op, path, from, value: isSecret ? '***' : value });
}

/**
 * Whether the pointers of an operation are valid: members of objects, or elements of arrays by index or, for a new one,
 * `-`. The library accepts any property of an array, `length` for instance.
 */
function isAbout(holder: object, operation: Operation): boolean {
  const { op, path } = operation;
  if ('from' in operation && !isPlace(holder, operation.from, false)) return false;
  return isPlace(holder, path, op === 'add' || op === 'move' || op === 'copy');
}

function isPlace(holder: object, pointer: string, isNew: boolean): boolean {
  const tokens = pointer
    .slice(1)
    .split('/')
    .map((token) => token.replaceAll('~1', '/').replaceAll('~0', '~'));
  const last = tokens.pop() ?? '';
  let value: unknown = holder;
  for (const token of tokens)
    value = isMember(value, token) ? (value as Record<string, unknown>)[token] : undefined;
  return isMember(value, last) || (isNew && isNewMember(value, last));
}

function isMember(value: unknown, token: string): boolean {
  if (Array.isArray(value)) return isIndex(token) && Number(token) < value.length;
  return isObject(value) && Object.hasOwn(value, token);
}

function isNewMember(value: unknown, token: string): boolean {
  if (Array.isArray(value)) return token === '-' || (isIndex(token) && Number(token) === value.length);
  return isObject(value);
}

function isIndex(token: string): boolean {
  return /^(?:0|[1-9]\d{0,8})$/.test(token);
}

function applies(holder: object, operation: Operation): boolean {
  if (!OPERATIONS.has(operation.op)) return false;
  try {
    return applyPatch(holder, [operation])[0] === null;
  } catch {
    // The library compares values as text, which can fail.
    return false;
  }
}

/** The number of values in `value`, counted up to a little more than `limit`. */
function sizeOf(value: unknown, limit: number): number {
  let size = 1;
  if (typeof value !== 'object' || value === null) return size;
  for (const part of Object.values(value)) {
    if (size > limit) break;
    size += sizeOf(part, limit - size);
  }
  return size;
}

function defect(operation: unknown): string | undefined {
  if (!isObject(operation)) return 'not an object';
  const { op, path, from } = operation;
  if (typeof op !== 'string') return 'op: expected text';
  if (!isPointer(path)) return 'path is not a JSON pointer';
  if ((op === 'move' || op === 'copy') && !isPointer(from)) return 'from is not a JSON pointer';
  if ((op === 'add' || op === 'replace' || op === 'test') && !('value' in operation)) operation.value = null;
  return undefined;
}

function isPointer(value: unknown): boolean {
  return typeof value === 'string' && (value === '' || value.startsWith('/'));
}

/** The operation moved one level down, so that the path "" needs no special treatment. */
function rooted(operation: Operation): Operation {
  const moved = { ...operation, path: `/document${operation.path}` };
  if ('from' in operation) return { ...moved, from: `/document${operation.from}` } as Operation;
  return moved as Operation;
}
