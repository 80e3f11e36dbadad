import type { Prefix } from './prefix.ts';

/** What the endpoint is told of itself. */
export const ENDPOINT_PREFIXES: Readonly<Record<string, Prefix>> = {
  preferences: {
    key: 'Name',
    routes: 'none',
    fields: { Meta: {}, Name: '', Val: '' },
  },
};
