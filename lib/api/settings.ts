import { ModelError } from '../models/index.ts';
import { type ClientLog, NO_LOG } from './log.ts';

/** Where dr-provision serves its API unless told otherwise. */
const DEFAULT_ENDPOINT = 'https://127.0.0.1:8092';

/** What a `Client` needs to know. Only `endpoint` has no usable default other than loopback. */
export interface ClientOptions {
  /** URL of the endpoint, scheme, host and port only. Default `https://127.0.0.1:8092`. */
  endpoint?: string;
  /** A token; used in preference to `user` and `password`, and never renewed. */
  token?: string;
  /** With `password`: a token is fetched with them, and fetched again at half its life. */
  user?: string;
  password?: string;
  /** Path of a PEM file. The endpoint must show a certificate that is in it or was signed by one that is in it. */
  ca?: string;
  /**
   * Accept any certificate. Without `ca` and without this, a certificate that cannot be verified is accepted
   * on loopback only.
   */
  insecure?: boolean;
  /** Path of a UNIX socket to send requests through, as plain HTTP, whenever it exists. */
  localProxy?: string;
  /** Name of the managed endpoint to address through this one: it goes before `/api/v3` in the URL. */
  urlProxy?: string;
  /** Log level at which the endpoint logs requests of this client (`X-Log-Request`). */
  trace?: string;
  /** Text that the endpoint logs with each request (`X-Log-Token`). */
  traceToken?: string;
  /** Milliseconds that one request may take, unless the request says otherwise. Default 60,000. */
  timeout?: number;
  /** Bytes of an answer, unpacked, that are read at most; default 256 MiB. Files and what is uploaded have no limit. */
  longestAnswer?: number;
  /** Milliseconds to wait before each repetition of a request that failed in transport. */
  retryDelays?: readonly number[];
  /** Milliseconds after which an event connection on which nothing is heard is tested, and again until it is given up. */
  pingInterval?: number;
  log?: ClientLog;
}

/** Waits of the reference client, in milliseconds. */
export const RETRY_DELAYS: readonly number[] = [1000, 1000, 2000, 3000, 5000, 8000];

const DEFAULT_TIMEOUT = 60_000;
const PING_INTERVAL = 30_000;
const SHORTEST_PING = 50;
const LONGEST_PING = 3_600_000;
const LONGEST_ANSWER = 256 * 1024 * 1024;

/** `ClientOptions`, checked. */
export interface Settings extends ClientOptionsWithDefaults {
  endpoint: URL;
}

type Defaulted = 'timeout' | 'longestAnswer' | 'retryDelays' | 'pingInterval' | 'log';
type ClientOptionsWithDefaults = Omit<ClientOptions, 'endpoint' | Defaulted> &
  Required<Pick<ClientOptions, Defaulted>>;

/** Checks `options`. Throws ModelError 400 that names the field. Does no I/O. */
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
 * Options from the environment that dr-provision gives a plugin, and that drpcli reads: RS_ENDPOINT, RS_TOKEN,
 * RS_KEY (`user:password`), RS_LOCAL_PROXY, RS_URL_PROXY. RS_CA_CERT (path of a PEM file), RS_INSECURE
 * (`true` or `1`) and RS_PING_INTERVAL (seconds) are ours. Throws ModelError 400 that names the variable.
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
  // The URL is shown in errors and logs.
  if (url.username !== '' || url.password !== '') throw invalid(field, 'must not hold user or password');
  if (url.search !== '' || url.hash !== '') throw invalid(field, 'must not have a query or fragment');
  return url;
}

function invalid(field: string, problem: string): ModelError {
  return new ModelError(400, `${field} ${problem}`, { type: 'CLIENT_ERROR', model: 'client', key: field });
}
