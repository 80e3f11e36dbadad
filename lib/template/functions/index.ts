import type { Callable } from '../values/value.ts';
import { BUILTINS } from './builtins.ts';
import { CHANCE } from './chance.ts';
import { DATES } from './dates.ts';
import { DEFAULTS } from './defaults.ts';
import { DICTS } from './dicts.ts';
import { ENCODING } from './encoding.ts';
import { LISTS } from './lists.ts';
import { MATHS } from './maths.ts';
import { NOT_OFFERED } from './not-offered.ts';
import { PATHS } from './paths.ts';
import { REFLECTION } from './reflection.ts';
import { REGEXES } from './regexes.ts';
import { SECRETS } from './secrets.ts';
import { STRINGS } from './strings.ts';
import { URLS } from './urls.ts';
import { VERSIONS } from './versions.ts';

export type FunctionTable = ReadonlyMap<string, Callable>;

/** The functions of Go's text/template alone. */
export const GO_FUNCTIONS: FunctionTable = new Map(Object.entries(BUILTINS));

/** dr-provision's functions: Go's and sprig's. sprig's `slice` replaces Go's. */
export const FUNCTIONS: FunctionTable = new Map(
  Object.entries({
    ...BUILTINS,
    ...CHANCE,
    ...DATES,
    ...DEFAULTS,
    ...DICTS,
    ...ENCODING,
    ...LISTS,
    ...MATHS,
    ...NOT_OFFERED,
    ...PATHS,
    ...REFLECTION,
    ...REGEXES,
    ...SECRETS,
    ...STRINGS,
    ...URLS,
    ...VERSIONS,
  }),
);
