import { type IncomingMessage, STATUS_CODES } from 'node:http';
import type { Server } from 'node:https';
import type { Duplex } from 'node:stream';
import { type RawData, WebSocket, WebSocketServer } from 'ws';
import { type Event, isObject, ModelError, timestamp } from '../../models/index.ts';
import { allows, type Claim } from '../state/claims.ts';
import { type Events, matches, selectorParts } from '../state/events.ts';
import type { Authentication, Caller } from './authentication.ts';
import { apiPath, authenticate } from './server.ts';

const PING_EVERY_MS = 54_000;
/** A client that lets more than this wait is disconnected. It can reconnect. */
const UNSENT_LIMIT_BYTES = 32 * 1024 * 1024;
const FRAME_LIMIT_BYTES = 64 * 1024;
/** Limit per connection, since each event is compared with all of them. */
const MOST_SELECTORS = 1000;
const LONGEST_SELECTOR = 1024;

interface Client {
  principal: string;
  wanted: Set<string>;
  /** The rights of its token; undefined for all. */
  claims: readonly Claim[] | undefined;
}

/** Serves the event stream at `/api/v3/ws`. Returns a function that closes all connections. */
export function serveEvents(
  server: Server,
  parts: { authentication: Authentication; events: Events },
): () => void {
  const sockets = new WebSocketServer({ noServer: true, maxPayload: FRAME_LIMIT_BYTES });
  const clients = new Map<WebSocket, Client>();

  server.on('upgrade', (request, socket, head) => {
    socket.on('error', () => socket.destroy());
    admit(request).then(
      (admitted) => {
        if (admitted instanceof ModelError || admitted === 'unauthorized') return refuse(socket, admitted);
        sockets.handleUpgrade(request, socket, head, (client) => serve(client, admitted));
      },
      () => socket.destroy(),
    );
  });

  async function admit(request: IncomingMessage): Promise<ModelError | 'unauthorized' | Caller> {
    try {
      const caller = await authenticate(parts, request);
      if (caller === undefined) return 'unauthorized';
      if (apiPath(caller.url.pathname)?.join('/') === 'ws') return caller;
      return new ModelError(404, 'No route', { type: 'GET', key: request.url ?? '' });
    } catch (error) {
      return ModelError.from(error) ?? new ModelError(500, String(error));
    }
  }

  function serve(client: WebSocket, { principal, claims }: Caller): void {
    const wanted = new Set<string>();
    clients.set(client, { principal, wanted, claims });
    let alive = true;
    const ping = setInterval(() => {
      if (!alive) return client.terminate();
      alive = false;
      client.ping();
    }, PING_EVERY_MS);
    ping.unref();
    client.on('pong', () => {
      alive = true;
    });
    client.on('message', (data) => {
      const answer = obey(wanted, textOf(data));
      if (answer !== undefined) tell(client, JSON.stringify(answer));
    });
    client.on('error', () => client.terminate());
    client.on('close', () => {
      clearInterval(ping);
      clients.delete(client);
    });
  }

  const unsubscribe = parts.events.subscribe((event) => {
    let text: string | undefined;
    for (const [client, about] of clients) {
      if (!isFor(client, about, event)) continue;
      text ??= JSON.stringify(event);
      tell(client, text);
    }
  });
  const endTelling = parts.events.addTeller((principal, event) => {
    const concerned = [...clients].filter(
      ([client, about]) => about.principal === principal && isFor(client, about, event),
    );
    for (const [client] of concerned) tell(client, JSON.stringify(event));
    return concerned.length > 0;
  });

  return () => {
    unsubscribe();
    endTelling();
    for (const client of clients.keys()) client.terminate();
    sockets.close();
  };
}

function isFor(client: WebSocket, { wanted, claims }: Client, event: Event): boolean {
  if (client.readyState !== WebSocket.OPEN) return false;
  if (![...wanted].some((selector) => matches(selector, event))) return false;
  return claims === undefined || mayKnow(claims, event);
}

function tell(client: WebSocket, text: string): void {
  client.send(text);
  if (client.bufferedAmount > UNSENT_LIMIT_BYTES) client.terminate();
}

/** Whether the claims allow an event: those that allow reading its object, or `register` of events. */
function mayKnow(claims: readonly Claim[], { Type, Key, Object: object }: Event): boolean {
  if (allows(claims, { scope: 'events', action: 'register', key: '' })) return true;
  // Without a key, claims for a single object must not match.
  if (Key === '') return false;
  const owner = Type === 'jobs' && isObject(object) ? String(object.Machine) : undefined;
  return allows(claims, { scope: Type, action: 'get', key: Key, owner });
}

/**
 * Runs `register SELECTOR` or `deregister SELECTOR` and returns the acknowledging event. Selectors with fewer than
 * three parts, too long ones and too many are refused by an event with Action `refused`. Other messages are ignored.
 */
function obey(wanted: Set<string>, frame: string): Event | undefined {
  const [, action, selector] = /^(register|deregister) (.+)$/s.exec(frame.trim()) ?? [];
  if (action === undefined || selector === undefined) return undefined;
  const answer = { Time: timestamp(), Type: 'websocket', Key: selector, Principal: '', Original: null };
  const refusal = refusalOf(wanted, action, selector);
  if (refusal !== undefined) {
    const problem = new ModelError(400, refusal, {
      model: 'websocket',
      key: selector,
      type: action,
    });
    return { ...answer, Action: 'refused', Object: problem.toJSON() };
  }
  if (action === 'register') wanted.add(selector);
  else wanted.delete(selector);
  return { ...answer, Action: action, Object: null };
}

function refusalOf(wanted: Set<string>, action: string, selector: string): string | undefined {
  if (selectorParts(selector) === undefined) return 'expected TYPE.ACTION.KEY';
  if (action === 'deregister' || wanted.has(selector)) return undefined;
  if (selector.length > LONGEST_SELECTOR)
    return `expected at most ${LONGEST_SELECTOR} characters, found ${selector.length}`;
  return wanted.size < MOST_SELECTORS ? undefined : `more than ${MOST_SELECTORS} selectors of one connection`;
}

function textOf(data: RawData): string {
  if (Array.isArray(data)) return Buffer.concat(data).toString('utf8');
  return Buffer.from(data as Buffer).toString('utf8');
}

function refuse(socket: Duplex, refusal: ModelError | 'unauthorized'): void {
  const body = refusal === 'unauthorized' ? '' : JSON.stringify(refusal);
  const code = refusal === 'unauthorized' ? 401 : refusal.code;
  const status = `${code} ${STATUS_CODES[code] ?? ''}`;
  const type = body === '' ? [] : ['Content-Type: application/json; charset=utf-8'];
  const lines = [
    `HTTP/1.1 ${status}`,
    ...type,
    'WWW-Authenticate: dr-provision',
    `Content-Length: ${Buffer.byteLength(body)}`,
    'Connection: close',
  ];
  socket.end(`${lines.join('\r\n')}\r\n\r\n${body}`);
}
