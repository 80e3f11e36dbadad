import { A_DURATION, secondsOf } from './duration.ts';
import type { Lookup } from './lookup.ts';

type Check = (value: string, store: Lookup) => string | undefined;

interface Preference {
  /** The default. */
  standard: string;
  /** Validates a value. */
  check: Check;
  /** Normalizes a value for storing. */
  kept?: (value: string) => string;
}

/** In place of an age limit for jobs. */
export const NEVER = 'never';

const LOG_LEVELS = ['trace', 'debug', 'info', 'warn', 'error', 'panic', 'fatal'];
/** Levels that older clients give as numbers. */
const OLD_LEVELS = ['warn', 'info', 'debug'];

const bootEnv =
  (onlyUnknown: boolean): Check =>
  (value, store) => {
    const found = store.get('bootenvs', value);
    if (found === undefined) return `Bootenv ${value} does not exist`;
    if ((found.OnlyUnknown === true) === onlyUnknown) return undefined;
    return onlyUnknown
      ? `BootEnv ${value} cannot be used for the unknownBootEnv`
      : `BootEnv ${value} does not allow Machine assignments, it has the OnlyUnknown flag.`;
  };

const seconds: Check = (value) =>
  /^[+-]?\d+$/.test(value) ? undefined : `strconv.Atoi: parsing "${value}": invalid syntax`;

const retention: Check = (value) =>
  value === NEVER || secondsOf(value) !== undefined
    ? undefined
    : `expected ${NEVER}, ${A_DURATION}, not ${value}`;

const level: Check = (value) =>
  LOG_LEVELS.includes(value) || OLD_LEVELS[Number(value)] !== undefined
    ? undefined
    : `Invalid log value ${value}, expected one of ${LOG_LEVELS.join(', ')}`;

const LEVEL: Preference = {
  standard: 'warn',
  check: level,
  kept: (value) => OLD_LEVELS[Number(value)] ?? value,
};

/** The preferences of an endpoint. */
export const PREFERENCES: Readonly<Record<string, Preference>> = {
  defaultBootEnv: { standard: 'local', check: bootEnv(false) },
  defaultStage: {
    standard: 'none',
    check: (value, store) => (store.exists('stages', value) ? undefined : `Stage ${value} does not exist`),
  },
  defaultWorkflow: {
    standard: '',
    check: (value, store) =>
      value === '' || store.exists('workflows', value) ? undefined : `Workflow ${value} does not exist`,
  },
  unknownBootEnv: { standard: 'ignore', check: bootEnv(true) },
  knownTokenTimeout: { standard: '3600', check: seconds },
  unknownTokenTimeout: { standard: '600', check: seconds },
  jobsToKeep: {
    standard: '50',
    check: (value) => (/^\d{1,9}$/.test(value) ? undefined : `expected a number of jobs, not ${value}`),
  },
  failedJobsPurgedAfter: { standard: NEVER, check: retention },
  completeJobsPurgedAfter: { standard: NEVER, check: retention },
  debugBootEnv: LEVEL,
  debugDhcp: LEVEL,
  debugFrontend: LEVEL,
  debugPlugins: LEVEL,
  debugRenderer: LEVEL,
  logLevel: LEVEL,
};

/** Preferences that are part of the key of all tokens. They can be set but not read. */
export const TOKEN_SECRETS: readonly string[] = ['baseTokenSecret', 'systemGrantorSecret'];

export function standardPreference(name: string): string | undefined {
  return Object.hasOwn(PREFERENCES, name) ? PREFERENCES[name]?.standard : undefined;
}
