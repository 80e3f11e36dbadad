/** A flag. Without `value` it is a switch. */
export interface Flag {
  name: string;
  /** A single letter. */
  short?: string;
  /** Type of its value. */
  value?: 'string' | 'int';
  /** It may be repeated with other values. */
  repeats?: true;
  /** Environment variable that is used when the flag is not given. */
  env?: string;
  default?: string;
  about: string;
}

/** The global flags: those of drpcli that have a meaning here, with the same names. */
export const GLOBAL_FLAGS: readonly Flag[] = [
  {
    name: 'colors',
    short: 'C',
    value: 'string',
    env: 'RS_COLORS',
    about: 'Colors of JSON on a terminal, as 0=32;1=33: texts, booleans, numbers, nulls, keys',
  },
  { name: 'debug', short: 'd', about: 'Say on stderr what the client does' },
  {
    name: 'endpoint',
    short: 'E',
    value: 'string',
    env: 'RS_ENDPOINT',
    default: 'https://127.0.0.1:8092',
    about: 'URL of the endpoint',
  },
  {
    name: 'exit-early',
    short: 'X',
    env: 'RS_OBJECT_ERRORS_ARE_FATAL',
    about: 'Fail when the object that is shown has errors',
  },
  { name: 'force', short: 'f', about: 'Let the endpoint do what it would rather not, where it can' },
  {
    name: 'format',
    short: 'F',
    value: 'string',
    env: 'RS_FORMAT',
    default: 'json',
    about: 'How to show results: json, yaml, text or table; go is YAML in a Go file',
  },
  { name: 'help', short: 'h', about: 'Show this help' },
  { name: 'no-color', short: 'N', env: 'RS_NO_COLOR', about: 'No colors, also on a terminal' },
  { name: 'no-header', short: 'H', env: 'RS_NO_HEADER', about: 'No header in text and table' },
  {
    name: 'no-token',
    short: 'x',
    about: 'Accepted for the sake of drpcli; tokens are never kept on disk',
  },
  {
    name: 'password',
    short: 'P',
    value: 'string',
    default: 'r0cketsk8ts',
    about: 'Password of the user; RS_KEY=USER:PASSWORD in the environment is the safer way',
  },
  {
    name: 'print-fields',
    short: 'J',
    value: 'string',
    env: 'RS_PRINT_FIELDS',
    about: 'Fields to show in text and table, separated by commas',
  },
  {
    name: 'ref',
    short: 'r',
    value: 'string',
    about: 'What the object must be for a change to be made: a file, YAML or JSON',
  },
  {
    name: 'token',
    short: 'T',
    value: 'string',
    env: 'RS_TOKEN',
    about: 'Token for the endpoint, in place of user and password',
  },
  { name: 'trace', short: 't', value: 'string', about: 'Level at which the endpoint logs the requests' },
  {
    name: 'trace-token',
    short: 'Z',
    value: 'string',
    about: 'Text that the endpoint logs with each request',
  },
  {
    name: 'truncate-length',
    short: 'j',
    value: 'int',
    env: 'RS_TRUNCATE_LENGTH',
    default: '40',
    about: 'Longest text of a cell in text and table',
  },
  {
    name: 'url-proxy',
    short: 'u',
    value: 'string',
    env: 'RS_URL_PROXY',
    about: 'Name of the managed endpoint to reach through this one',
  },
  { name: 'username', short: 'U', value: 'string', default: 'rocketskates', about: 'Name of the user' },
];

/** Global flags that also apply without an endpoint. */
export const OFFLINE_FLAGS = GLOBAL_FLAGS.filter(({ name }) => name === 'debug' || name === 'help');

/** The notation for help: `-E, --endpoint`. */
export function flagText({ name, short }: Flag): string {
  return short === undefined ? `--${name}` : `-${short}, --${name}`;
}
