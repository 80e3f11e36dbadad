import type { Prefix } from './prefix.ts';

/** Object types that configure the endpoint itself. */
export const ENDPOINT_PREFIXES: Readonly<Record<string, Prefix>> = {
  preferences: {
    key: 'Name',
    routes: 'none',
    fields: { Meta: {}, Name: '', Val: '' },
  },
};
