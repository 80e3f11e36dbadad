import { send as sendRequest, wasCutOff } from '../https/index.ts';
import { foreign, foreignPath, ModelError, say } from '../models/index.ts';
import type { Bmc, Connection, Incoming, Outgoing } from './connection.ts';
import { bmcError } from './failure.ts';
import { bodyJson } from './json.ts';
import { transportFailure } from './transport-failure.ts';

/** The largest known resources (logs, registries) have about 2 MB. */
const LONGEST_BODY = 16 * 1024 * 1024;
const MOST_REDIRECTS = 3;

/**
 * Sends a request with no credentials other than its headers, and follows redirects, always on the same BMC: the host
 * in a redirect is ignored, since BMCs know themselves by names that others cannot resolve. Throws ModelError: 502 or
 * 504 for transport failures (with their cause) and for an answer that is too long; after an abort the signal's own
 * error, or 503.
 */
export async function exchange(
  connection: Connection,
  outgoing: Outgoing,
  signal: AbortSignal,
): Promise<Incoming> {
  let { uri } = outgoing;
  for (let redirects = 0; ; redirects++) {
    const incoming = await send(connection, { ...outgoing, uri }, signal);
    const next = redirection(connection.bmc, { ...outgoing, uri }, incoming);
    if (next === undefined) return incoming;
    if (redirects === MOST_REDIRECTS || next === uri) {
      throw bmcError(connection.bmc, 502, [say`${foreignPath(uri)}: too many redirects`]);
    }
    uri = next;
  }
}

/** `uri` as path and query on the BMC; its host is ignored. Throws ModelError 502 when it is not a URI. */
export function ownUri(bmc: Bmc, uri: string, base = '/'): string {
  const path = pathOf(uri, `${bmc.origin}${base}`);
  if (path !== undefined) return path;
  throw bmcError(bmc, 502, [say`names an address that cannot be read: "${foreign(uri)}"`]);
}

/** Path and query of a URI, whose host may differ from that of `base`; undefined for an invalid one. */
export function pathOf(uri: string, base: string): string | undefined {
  if (!URL.canParse(uri, base)) return undefined;
  const { protocol, pathname, search } = new URL(uri, base);
  return /^https?:$/.test(protocol) ? `${pathname}${search}` : undefined;
}

/** The target of a redirect; undefined when the answer is not one or it must not be followed. */
function redirection(bmc: Bmc, { method, uri }: Outgoing, incoming: Incoming): string | undefined {
  const { location } = incoming.headers;
  const follows = method === 'GET' ? [301, 302, 303, 307, 308] : [307, 308];
  if (location === undefined || !follows.includes(incoming.status)) return undefined;
  return ownUri(bmc, location, uri);
}

/** Sends a request. A GET is repeated once when the BMC closed the connection before it received it. */
async function send(connection: Connection, outgoing: Outgoing, signal: AbortSignal): Promise<Incoming> {
  for (let failures = 0; ; failures++) {
    signal.throwIfAborted();
    try {
      return await sendOnce(connection, outgoing, signal);
    } catch (error) {
      if (!signal.aborted && failures === 0 && outgoing.method === 'GET' && wasCutOff(error)) continue;
      throw error instanceof ModelError ? error : transportFailure(connection, outgoing, error, signal);
    }
  }
}

async function sendOnce(connection: Connection, outgoing: Outgoing, signal: AbortSignal): Promise<Incoming> {
  const { bmc, agent, limits } = connection;
  const { method, uri, body, stream } = outgoing;
  // OData-Version is optional, but services refuse values other than 4.0 (DSP0266, Request headers).
  const headers = {
    accept: 'application/json',
    'odata-version': '4.0',
    ...(body === undefined ? {} : { 'content-type': 'application/json' }),
    ...(stream === undefined ? {} : { 'content-type': stream.type, 'content-length': String(stream.length) }),
    ...outgoing.headers,
  };
  const answer = await sendRequest(
    {
      method,
      url: `${bmc.origin}${uri}`,
      headers,
      body: stream?.open() ?? (body === undefined ? undefined : JSON.stringify(body)),
      agent,
      limits,
      longest: LONGEST_BODY,
    },
    signal,
  );
  const json = bodyJson(answer.body);
  // A body that ends early but is valid JSON counts as complete, and a refusal needs no body.
  if (answer.cut !== undefined && json === undefined && answer.status < 300) throw answer.cut;
  return { status: answer.status, headers: answer.headers, body: json, bytes: answer.body.length };
}
