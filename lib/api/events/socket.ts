import type { IncomingMessage } from 'node:http';
import type { WebSocket } from 'ws';
import { eventPath } from '../address.ts';
import { failure, type RawAnswer } from '../answer.ts';
import type { Connection } from '../connection.ts';
import { transportError } from '../transport.ts';

const HANDSHAKE_MS = 10_000;
/** How many bytes of a refusal are read. */
const REFUSAL_LENGTH = 65_536;
/** Largest event in bytes. A larger one ends the connection, and is missed like all events of the gap that follows. */
const LONGEST_EVENT = 64 * 1024 * 1024;
const REQUEST = { path: 'ws' };

/**
 * Opens the endpoint's websocket. Fetches a new token when the endpoint refuses the old one. Throws ModelError: the
 * endpoint's refusal, or 503 or 504 for transport failures.
 */
export async function openSocket(connection: Connection, signal: AbortSignal): Promise<WebSocket> {
  const { session } = connection;
  const authorization = await session.authorization(connection, signal);
  const answer = await handshake(connection, authorization, signal);
  if (!('statusCode' in answer)) return answer;
  if (!session.refused(answer, authorization)) throw failure(REQUEST, answer, session.secrets());
  const again = await handshake(connection, await session.authorization(connection, signal), signal);
  if ('statusCode' in again) throw failure(REQUEST, again, session.secrets());
  return again;
}

/** The open socket, or the endpoint's answer instead of the handshake. */
async function handshake(
  connection: Connection,
  authorization: string | undefined,
  signal: AbortSignal,
): Promise<WebSocket | RawAnswer> {
  const { WebSocket } = await import('ws');
  const { endpoint, urlProxy } = connection.settings;
  const { http, https } = await connection.agents();
  connection.assertOpen();
  signal.throwIfAborted();
  const url = new URL(eventPath(urlProxy), endpoint);
  url.protocol = endpoint.protocol === 'https:' ? 'wss:' : 'ws:';
  const socket = new WebSocket(url, {
    agent: https || http || undefined,
    headers: authorization === undefined ? {} : { authorization },
    handshakeTimeout: HANDSHAKE_MS,
    perMessageDeflate: false,
    maxPayload: LONGEST_EVENT,
  });
  const { promise, resolve, reject } = Promise.withResolvers<WebSocket | RawAnswer>();
  const abort = () => reject(signal.reason);
  signal.addEventListener('abort', abort, { once: true });
  socket.once('open', () => resolve(socket));
  // The listener stays: an `error` event without one would end the process.
  socket.on('error', (error) =>
    reject(transportError(REQUEST, endpoint, error, connection.session.secrets())),
  );
  socket.once('unexpected-response', (_request, response) => {
    readRefusal(response).then(resolve, (error: unknown) => socket.emit('error', error));
  });
  try {
    const answer = await promise;
    if (answer !== socket) socket.terminate();
    return answer;
  } catch (error) {
    socket.terminate();
    throw error;
  } finally {
    signal.removeEventListener('abort', abort);
  }
}

async function readRefusal(response: IncomingMessage): Promise<RawAnswer> {
  const chunks: Buffer[] = [];
  let length = 0;
  response.setTimeout(HANDSHAKE_MS, () => response.destroy());
  for await (const chunk of response) {
    chunks.push(chunk);
    length += chunk.length;
    if (length > REFUSAL_LENGTH) break;
  }
  const { statusCode = 502, statusMessage, headers } = response;
  return { statusCode, statusMessage, headers, body: Buffer.concat(chunks) };
}
