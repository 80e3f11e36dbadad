import type { IncomingMessage } from 'node:http';
import type { WebSocket } from 'ws';
import { eventPath } from '../address.ts';
import { failure } from '../answer.ts';
import type { Connection } from '../connection.ts';
import { transportError } from '../transport.ts';

const HANDSHAKE_MS = 10_000;
/** How much of a refusal is read. */
const REFUSAL_LENGTH = 65_536;

/** Opens the endpoint's websocket. Throws ModelError: the refusal of the endpoint, or 503 or 504 for transport. */
export async function openSocket(connection: Connection, signal: AbortSignal): Promise<WebSocket> {
  const { WebSocket } = await import('ws');
  const { endpoint, urlProxy } = connection.settings;
  const authorization = await connection.session.authorization(connection, signal);
  const agents = await connection.agents();
  const agent = (endpoint.protocol === 'https:' ? agents.https : agents.http) || undefined;
  signal.throwIfAborted();
  const url = new URL(eventPath(urlProxy), endpoint);
  url.protocol = endpoint.protocol === 'https:' ? 'wss:' : 'ws:';
  const socket = new WebSocket(url, {
    agent,
    headers: authorization === undefined ? {} : { authorization },
    handshakeTimeout: HANDSHAKE_MS,
    perMessageDeflate: false,
  });
  const { promise, resolve, reject } = Promise.withResolvers<WebSocket>();
  const request = { path: 'ws' };
  const abort = () => reject(signal.reason);
  signal.addEventListener('abort', abort, { once: true });
  socket.once('open', () => resolve(socket));
  // Stays on: an error event with no listener would end the process.
  socket.on('error', (error) =>
    reject(transportError(request, endpoint, error, connection.session.secrets())),
  );
  socket.once('unexpected-response', (_request, response) => {
    readRefusal(response).then((body) => {
      const { statusCode = 502, statusMessage, headers } = response;
      const answer = { statusCode, statusMessage, headers, body };
      connection.session.refused(answer, authorization);
      reject(failure(request, answer, connection.session.secrets()));
    }, reject);
  });
  try {
    return await promise;
  } catch (error) {
    socket.terminate();
    throw error;
  } finally {
    signal.removeEventListener('abort', abort);
  }
}

async function readRefusal(response: IncomingMessage): Promise<Uint8Array> {
  const chunks: Buffer[] = [];
  let length = 0;
  response.setTimeout(HANDSHAKE_MS, () => response.destroy());
  for await (const chunk of response) {
    chunks.push(chunk);
    length += chunk.length;
    if (length > REFUSAL_LENGTH) break;
  }
  return Buffer.concat(chunks);
}
