import type { IncomingMessage } from 'node:http';
import type { WebSocket } from 'ws';
import { eventPath } from '../address.ts';
import { failure, type RawAnswer } from '../answer.ts';
import type { Connection } from '../connection.ts';
import { transportError } from '../transport.ts';

const HANDSHAKE_MS = 10_000;
/** How much of a refusal is read. */
const REFUSAL_LENGTH = 65_536;
/** The longest event that is read; a longer one ends the connection, and is among those that the gap then tells of. */
const LONGEST_EVENT = 64 * 1024 * 1024;
const REQUEST = { path: 'ws' };

/**
 * Opens the endpoint's websocket; with new credentials when the endpoint no longer takes the ones there are. Throws
 * ModelError: the refusal of the endpoint, or 503 or 504 for transport.
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

/** The open socket, or the answer that the endpoint gave in its place. */
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
  // Stays on: an error event with no listener would end the process.
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
