import { UsageError } from '../command.ts';
import type { Context } from '../context.ts';
import { EXTENDED, type Kind } from './kinds.ts';

/** The prefix of a command's objects. Throws UsageError when the required flag is missing. */
export function prefixOf(kind: Kind, context: Context): string {
  if (kind !== EXTENDED) return kind.prefix;
  const prefix = context.text('ldata');
  if (prefix === '') throw new UsageError('flag needed: -l, --ldata with the type of the objects');
  return prefix;
}
