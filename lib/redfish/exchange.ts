import { send as sendRequest, wasCutOff } from '../https/index.ts';
import { parseJson, refusal } from '../models/index.ts';
import type { Bmc, Connection, Incoming, Outgoing } from './connection.ts';
import { transportFailure } from './transport-failure.ts';

/** More is no resource: the largest ones in the field (logs, registries) have about 2 MB. */
const LONGEST_BODY = 16 * 1024 * 1024;
/** Resources nest in some ten levels. */
const DEEPEST = 100;
const MOST_REDIRECTS = 3;

/**
 * Sends one request, with no credentials but those in its headers, and follows redirects on the same host. Throws
 * ModelError: 502 or 504 for failures in transport, for an answer that is too long or that leads to another host; after
 * an abort the signal's own error, or 503.
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
    if (redirects === MOST_REDIRECTS)
      throw refusal(502, `BMC ${connection.bmc.name}: ${uri}: too many redirects`);
    uri = next;
  }
}

/** `uri` as path and query. Throws ModelError 502 when it leads to another host. */
export function ownUri(bmc: Bmc, uri: string, base = '/'): string {
  const own = new URL(base, bmc.origin);
  const url = URL.canParse(uri, own) ? new URL(uri, own) : undefined;
  if (url?.origin !== own.origin) {
    throw refusal(502, `BMC ${bmc.name}: leads to ${quoted(uri)}, on another host, where nothing is sent`);
  }
  return `${url.pathname}${url.search}`;
}

function quoted(text: string): string {
  return JSON.stringify(text.slice(0, 200));
}

/** Where the answer sends the client to; undefined when it is no redirect that may be followed. */
function redirection(bmc: Bmc, { method, uri }: Outgoing, incoming: Incoming): string | undefined {
  const { location } = incoming.headers;
  const follows = method === 'GET' ? [301, 302, 303, 307, 308] : [307, 308];
  if (location === undefined || !follows.includes(incoming.status)) return undefined;
  return ownUri(bmc, location, uri);
}

/** Sends one request. A GET is repeated once when the BMC had closed the connection before it knew of the request. */
async function send(connection: Connection, outgoing: Outgoing, signal: AbortSignal): Promise<Incoming> {
  for (let failures = 0; ; failures++) {
    signal.throwIfAborted();
    try {
      return await sendOnce(connection, outgoing, signal);
    } catch (error) {
      if (!signal.aborted && failures === 0 && outgoing.method === 'GET' && wasCutOff(error)) continue;
      throw transportFailure(connection, outgoing, error, signal);
    }
  }
}

async function sendOnce(connection: Connection, outgoing: Outgoing, signal: AbortSignal): Promise<Incoming> {
  const { bmc, agent, limits } = connection;
  const { method, uri, body } = outgoing;
  // OData-Version: clients may send it, and services refuse all but 4.0 (DSP0266, Request headers).
  const headers = {
    accept: 'application/json',
    'odata-version': '4.0',
    ...(body === undefined ? {} : { 'content-type': 'application/json' }),
    ...outgoing.headers,
  };
  const { text, ...answer } = await sendRequest(
    {
      method,
      url: `${bmc.origin}${uri}`,
      headers,
      body: body === undefined ? undefined : JSON.stringify(body),
      agent,
      limits,
      longest: LONGEST_BODY,
    },
    signal,
  );
  return { ...answer, body: jsonOf(text) };
}

/** Undefined for what is no JSON, and for what nests so deeply that it is no resource. */
function jsonOf(text: string): unknown {
  try {
    const value = parseJson(text);
    return isDeeper(value, DEEPEST) ? undefined : value;
  } catch {
    return undefined;
  }
}

/** Whether `value` nests in more than so many levels. */
function isDeeper(value: unknown, levels: number): boolean {
  if (typeof value !== 'object' || value === null) return false;
  return levels === 0 || Object.values(value).some((inner) => isDeeper(inner, levels - 1));
}
