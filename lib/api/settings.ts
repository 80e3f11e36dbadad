import { ModelError } from '../models/index.ts';
import { type ClientLog, NO_LOG } from './log.ts';

/** The default address of dr-provision. */
const DEFAULT_ENDPOINT = 'https://127.0.0.1:8092';

/** Options of a `Client`. All have defaults; `endpoint` defaults to loopback. */
export interface ClientOptions {
  /** URL of the endpoint, scheme, host and port only. Default `https://127.0.0.1:8092`. */
  endpoint?: string;
  /** A token, used instead of `user` and `password`. It is never renewed. */
  token?: string;
  /** With `password`: used to fetch a token, and a new one at half of its life. */
  user?: string;
  password?: string;
  /** Path of a PEM file. The endpoint's certificate must be in it or signed by one in it. */
  ca?: string;
  /** Accept any certificate. Without `ca` and `insecure`, an unverifiable certificate is accepted on loopback only. */
  insecure?: boolean;
  /** Path of a UNIX socket. While it exists, requests are sent through it as plain HTTP. */
  localProxy?: string;
  /** Name of a managed endpoint to address through this one. It goes before `/api/v3` in the URL. */
  urlProxy?: string;
  /** Log level for requests of this client at the endpoint (`X-Log-Request`). */
  trace?: string;
  /** Text that the endpoint adds to the log lines of each request (`X-Log-Token`). */
  traceToken?: string;
  /** Time limit for one request in ms, unless the request sets its own. Default 60,000. */
  timeout?: number;
  /** Largest answer that is read, in bytes after decompression; default 256 MiB. File transfers have no limit. */
  longestAnswer?: number;
  /** Pauses in ms before each repetition of a request after a transport failure. */
  retryDelays?: readonly number[];
  /**
   * How long in ms an event connection may be silent before it is pinged. It is given up after the same time without an
   * answer.
   */
  pingInterval?: number;
  log?: ClientLog;
}

/** The pauses of Go's client in ms. */
export const RETRY_DELAYS: readonly number[] = [1000, 1000, 2000, 3000, 5000, 8000];

const DEFAULT_TIMEOUT = 60_000;
const PING_INTERVAL = 30_000;
const SHORTEST_PING = 50;
const LONGEST_PING = 3_600_000;
const LONGEST_ANSWER = 256 * 1024 * 1024;

/** Checked `ClientOptions`. */
export interface Settings extends ClientOptionsWithDefaults {
  endpoint: URL;
}

type Defaulted = 'timeout' | 'longestAnswer' | 'retryDelays' | 'pingInterval' | 'log';
type ClientOptionsWithDefaults = Omit<ClientOptions, 'endpoint' | Defaulted> &
  Required<Pick<ClientOptions, Defaulted>>;

/** Checks `options` without I/O. Throws ModelError 400 that names the field. */
export function settingsFrom(options: ClientOptions): Settings {
  return {
    ...options,
    endpoint: endpointUrl(options.endpoint ?? DEFAULT_ENDPOINT),
    timeout: options.timeout ?? DEFAULT_TIMEOUT,
    longestAnswer: options.longestAnswer ?? LONGEST_ANSWER,
    retryDelays: options.retryDelays ?? RETRY_DELAYS,
    pingInterval: options.pingInterval ?? PING_INTERVAL,
    log: options.log ?? NO_LOG,
  };
}

/**
 * Options from environment variables that dr-provision sets for plugins and drpcli reads: RS_ENDPOINT, RS_TOKEN, RS_KEY
 * (`user:password`), RS_LOCAL_PROXY, RS_URL_PROXY. This package adds RS_CA_CERT (path of a PEM file), RS_INSECURE
 * (`true` or `1`) and RS_PING_INTERVAL (seconds). Throws ModelError 400 that names the variable.
 */
export function optionsFromEnvironment(env: Readonly<Record<string, string | undefined>>): ClientOptions {
  const read = (name: string) => env[name] || undefined;
  const endpoint = read('RS_ENDPOINT');
  if (endpoint !== undefined) endpointUrl(endpoint, 'RS_ENDPOINT');
  return {
    endpoint,
    token: read('RS_TOKEN'),
    ...credentials(read('RS_KEY')),
    ca: read('RS_CA_CERT'),
    insecure: ['true', '1'].includes(read('RS_INSECURE')?.toLowerCase() ?? ''),
    localProxy: read('RS_LOCAL_PROXY'),
    urlProxy: read('RS_URL_PROXY'),
    ...pingInterval(read('RS_PING_INTERVAL')),
  };
}

function credentials(key: string | undefined): Pick<ClientOptions, 'user' | 'password'> {
  if (key === undefined) return {};
  const colon = key.indexOf(':');
  if (colon < 1 || colon === key.length - 1) throw invalid('RS_KEY', 'must be user:password');
  return { user: key.slice(0, colon), password: key.slice(colon + 1) };
}

function pingInterval(seconds: string | undefined): Pick<ClientOptions, 'pingInterval'> {
  if (seconds === undefined) return {};
  const milliseconds = Number(seconds) * 1000;
  if (milliseconds >= SHORTEST_PING && milliseconds <= LONGEST_PING) return { pingInterval: milliseconds };
  throw invalid('RS_PING_INTERVAL', 'must be seconds, from 0.05 to 3600');
}

function endpointUrl(text: string, field = 'endpoint'): URL {
  const url = URL.parse(text);
  if (url === null || !['https:', 'http:'].includes(url.protocol)) {
    throw invalid(field, 'must be a URL like https://127.0.0.1:8092');
  }
  // The URL appears in errors and logs.
  if (url.username !== '' || url.password !== '') throw invalid(field, 'must not hold user or password');
  if (url.search !== '' || url.hash !== '') throw invalid(field, 'must not have a query or fragment');
  return url;
}

function invalid(field: string, problem: string): ModelError {
  return new ModelError(400, `${field} ${problem}`, { type: 'CLIENT_ERROR', model: 'client', key: field });
}
