import { UsageError } from '../command.ts';
import type { Context } from '../context.ts';
import { EXTENDED, type Kind } from './kinds.ts';

/** The prefix that a command is about. Throws UsageError when a flag should say it and does not. */
export function prefixOf(kind: Kind, context: Context): string {
  if (kind !== EXTENDED) return kind.prefix;
  const prefix = context.text('ldata');
  if (prefix === '') throw new UsageError('flag needed: -l, --ldata with the type of the objects');
  return prefix;
}
