import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer, type Server } from 'node:https';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { LOG_LEVELS, type LogLevel, ModelError } from '../../models/index.ts';
import { allows, type Claim, type ClaimedAction } from '../state/claims.ts';
import type { Authentication, Caller } from './authentication.ts';
import type { Certificate } from './certificate.ts';
import { claimedAction, inspectorActions } from './claimed-action.ts';
import type { Answer, Exchange } from './exchange.ts';
import { inspectorPage } from './inspector-page.ts';
import type { Router } from './router.ts';

const INSPECTOR = '/ui/api/';
const DRAIN_LIMIT_BYTES = 256 * 1024 * 1024;
const REQUEST_LIMIT_MS = 3_600_000;
/**
 * Longer than clients keep an idle connection (lib/api 20 s, load balancers 60 s). If the server closes first, it can
 * meet a request on its way, and a POST or PATCH that is cut off cannot be repeated. With the 5 s of Node.js that
 * happens when either side is delayed for a second.
 */
const IDLE_CONNECTION_MS = 65_000;

export interface ServerParts {
  authentication: Authentication;
  router: Router;
  /** Routes below `/ui/api`. */
  inspector: Router;
  /** Another key by which claims may name the object. */
  ownerOf(scope: string, key: string): string | undefined;
  log(level: LogLevel, message: string): void;
  /** Called for unexpected errors. The client gets a 500. */
  onFailure(error: unknown, request: { method: string; url: string }): void;
}

/** The HTTPS server of the REST API. It answers once it is passed to `serveApi`. */
export function createApiServer(certificate: Certificate): Server {
  const server = createServer({ ...certificate, minVersion: 'TLSv1.2' });
  // Connections with an incomplete handshake are dropped.
  server.on('tlsClientError', (_error, socket) => socket.destroy());
  // Uploads may take long; headers may not.
  server.requestTimeout = REQUEST_LIMIT_MS;
  server.headersTimeout = 30_000;
  server.keepAliveTimeout = IDLE_CONNECTION_MS;
  return server;
}

/** Serves the REST API. Every answer without success is a `models.Error`. */
export function serveApi(server: Server, parts: ServerParts): void {
  server.on('request', (request: IncomingMessage, response: ServerResponse) => {
    handle(parts, request, response).catch((error: unknown) => {
      parts.onFailure(error, { method: request.method ?? '', url: withoutToken(request.url ?? '') });
      response.destroy();
    });
  });
}

/**
 * Authenticates a request. Undefined when there are no credentials (401). Throws ModelError 400 for an invalid URL and
 * 403 for invalid credentials.
 */
export async function authenticate(
  { authentication }: Pick<ServerParts, 'authentication'>,
  request: IncomingMessage,
): Promise<(Caller & { url: URL }) | undefined> {
  const url = requestUrl(request);
  const caller = await authentication.callerOf(request, url.searchParams);
  return caller === undefined ? undefined : { ...caller, url };
}

/** The segments after `/api/v3` or `/api/v4` in a path; undefined for other paths. */
export function apiPath(pathname: string): string[] | undefined {
  const [, rest] = /^\/+api\/+v[34](?:\/+(.*))?$/s.exec(pathname) ?? [];
  if (rest === undefined) {
    // Routes of plugins are also served at the root.
    return pathname.startsWith('/plugin-apis/') ? segments(pathname.slice(1)) : undefined;
  }
  return segments(rest);
}

/** The segments after `/ui/api/` in a path; undefined for other paths. */
function inspectorPath(pathname: string): string[] | undefined {
  return pathname.startsWith(INSPECTOR) ? segments(pathname.slice(INSPECTOR.length)) : undefined;
}

function segments(path: string): string[] {
  const parts = path.split(/\/+/);
  if (parts.length > 1 && parts.at(-1) === '') parts.pop();
  try {
    return parts.map((segment) => decodeURIComponent(segment));
  } catch {
    throw new ModelError(400, 'The path is not percent-encoded UTF-8', { key: path });
  }
}

function requestUrl(request: IncomingMessage): URL {
  try {
    return new URL(`https://endpoint${request.url ?? '/'}`);
  } catch {
    throw new ModelError(400, 'The address cannot be read', {
      type: request.method ?? '',
      key: request.url ?? '',
    });
  }
}

async function handle(parts: ServerParts, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const method = request.method ?? 'GET';
  const gone = new AbortController();
  response.on('close', () => gone.abort());
  try {
    const answer = await answerFor(parts, request, response, gone.signal);
    if (answer === 'answered') return;
    if (answer !== undefined) await send(response, method, answer);
    else response.writeHead(401, { 'WWW-Authenticate': 'dr-provision', 'Content-Length': 0 }).end();
  } catch (error) {
    if (response.headersSent) {
      // The head is sent already. Breaking the connection tells the client that the answer is incomplete.
      response.destroy();
      if (!gone.signal.aborted) throw error;
      return;
    }
    const failure = ModelError.from(error);
    if (failure === undefined) parts.onFailure(error, { method, url: withoutToken(request.url ?? '') });
    const shown = failure ?? new ModelError(500, String(error), { type: method, key: request.url ?? '' });
    const headers: Record<string, string> = shown.code === 403 ? { 'WWW-Authenticate': 'dr-provision' } : {};
    await send(response, method, { status: statusOf(shown.code), headers, json: shown });
  } finally {
    drain(request);
  }
}

/**
 * Reads and discards the rest of a body up to a limit: clients read the answer only after they have sent everything.
 */
function drain(request: IncomingMessage): void {
  if (request.readableEnded || request.destroyed) return;
  let size = 0;
  request.on('data', (chunk: Buffer) => {
    size += chunk.length;
    if (size > DRAIN_LIMIT_BYTES) request.destroy();
  });
}

/** Logs an authenticated request with trace headers: its token, and its result at the requested level. */
function trace({ log }: ServerParts, request: IncomingMessage, response: ServerResponse): void {
  const token = request.headers['x-log-token'];
  if (token !== undefined && token !== '') log('error', `Log token: ${token}`);
  const level = LOG_LEVELS.find((known) => known === request.headers['x-log-request']);
  if (level === undefined) return;
  const began = performance.now();
  const path = withoutToken(request.url ?? '');
  response.once('close', () => {
    const took = (performance.now() - began).toFixed(3);
    log(level, `API: st: ${response.statusCode} lt: ${took}ms m: ${request.method} ${path}`);
  });
}

/** A path for the log, without the secret `?token=`. */
function withoutToken(url: string): string {
  return url.replace(/([?&]token=)[^&]*/g, '$1...');
}

async function answerFor(
  parts: ServerParts,
  request: IncomingMessage,
  response: ServerResponse,
  signal: AbortSignal,
): Promise<Answer | 'answered' | undefined> {
  const { method = 'GET' } = request;
  const page = await inspectorPage(request);
  if (page !== undefined) return page;
  const caller = await authenticate(parts, request);
  if (caller === undefined) return undefined;
  trace(parts, request, response);
  const { url, principal, claims } = caller;
  const shown = request.url ?? '';
  const inspected = inspectorPath(url.pathname);
  const path = inspected ?? apiPath(url.pathname);
  if (path === undefined) throw new ModelError(404, 'No route', { type: method, key: shown });
  if (claims !== undefined) {
    const claimed =
      inspected === undefined
        ? apiActions(method, path, url.searchParams)
        : inspectorActions(method, inspected);
    for (const one of claimed) assertAllowed(parts, claims, method, one);
  }
  const router = inspected === undefined ? parts.router : parts.inspector;
  const { route, captures } = router.match(method === 'HEAD' ? 'GET' : method, path, shown);
  const exchange: Exchange = {
    request,
    response,
    method,
    url: shown,
    captures,
    query: url.searchParams,
    principal,
    claims,
    signal,
  };
  return route.handle(exchange);
}

function apiActions(method: string, path: readonly string[], query: URLSearchParams): ClaimedAction[] {
  const claimed = claimedAction(method, path);
  return query.get('decode') === 'true' ? [claimed, { ...claimed, action: 'getSecure' }] : [claimed];
}

/** Throws ModelError 403 when the token does not allow the request. */
function assertAllowed(
  { ownerOf }: ServerParts,
  claims: readonly Claim[],
  method: string,
  { scope, action, key }: ClaimedAction,
): void {
  const owner = key === '' ? undefined : ownerOf(scope, key);
  if (allows(claims, { scope, action, key, owner })) return;
  throw new ModelError(403, `This token is not good for ${action} of ${scope}`, {
    model: scope,
    key,
    type: method,
  });
}

export async function send(response: ServerResponse, method: string, answer: Answer): Promise<void> {
  const { status = 200, headers = {}, json, body } = answer;
  // Clients look at the content type even when the body is empty.
  const all: Record<string, string> = { 'Content-Type': 'application/json; charset=utf-8', ...headers };
  if (json !== undefined) {
    const bytes = Buffer.from(JSON.stringify(json));
    response.writeHead(status, { ...all, 'Content-Length': bytes.length });
    response.end(method === 'HEAD' ? undefined : bytes);
    return;
  }
  if (body === undefined || method === 'HEAD') {
    if (body instanceof Readable) body.destroy();
    if (body === undefined && status !== 204 && status !== 304) all['Content-Length'] ??= '0';
    response.writeHead(status, all).end();
    return;
  }
  response.writeHead(status, all);
  await pipeline(Readable.from(body), response);
}

/** The Code of a plugin's error may be any number; invalid ones become 500. */
function statusOf(code: number): number {
  return Number.isInteger(code) && code >= 400 && code <= 599 ? code : 500;
}
