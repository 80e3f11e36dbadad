import type { Flag } from '../flags.ts';

/** Flags that say how much of an object to show. */
export const PART_FLAGS: readonly Flag[] = [
  { name: 'slim', value: 'string', about: 'Parts to leave out: Params, Meta, or both with a comma' },
  { name: 'params', value: 'string', about: 'The only params to show, separated by commas' },
  { name: 'decode', about: 'Open secure params' },
];
