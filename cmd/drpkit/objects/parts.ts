import type { Flag } from '../flags.ts';
import type { Kind } from './kinds.ts';

const PARAM_FLAGS: readonly Flag[] = [
  { name: 'params', value: 'string', about: 'The only params to show, separated by commas' },
  { name: 'decode', about: 'Open secure params' },
];

/** Flags that select the parts of an object to show. */
export function partFlags({ params, meta }: Kind): readonly Flag[] {
  const parts = params ? 'Params, Meta, or both with a comma' : 'Meta';
  return [
    ...(params || meta !== false
      ? [{ name: 'slim', value: 'string', about: `Parts to leave out: ${parts}` } as const]
      : []),
    ...(params ? PARAM_FLAGS : []),
  ];
}
