import { createSocket } from 'node:dgram';
import { isIPv6 } from 'node:net';

/** Where to ask by UDP. */
export interface UdpTarget {
  /** IPv4 or IPv6 address. */
  address: string;
  port: number;
}

export interface AskOptions {
  /** How often the datagram is sent. */
  tries: number;
  /** How long to wait for an answer after each of them. */
  waitMs: number;
  signal: AbortSignal;
}

/** Error codes of local shortages, which say nothing about the target. */
const OWN_TROUBLE = new Set(['EMFILE', 'ENFILE', 'ENOMEM']);

/**
 * Sends a datagram repeatedly until `read` returns a value for an answer. Undefined when no answer comes. Only
 * datagrams from the target are read. Throws the signal's reason, and system errors of this machine.
 */
export async function ask<T>(
  { address, port }: UdpTarget,
  question: Uint8Array,
  read: (answer: Buffer) => T | undefined,
  { tries, waitMs, signal }: AskOptions,
): Promise<T | undefined> {
  signal.throwIfAborted();
  const socket = createSocket(isIPv6(address) ? 'udp6' : 'udp4');
  const { promise, resolve, reject } = Promise.withResolvers<T | undefined>();
  let timer: NodeJS.Timeout | undefined;
  let left = tries;
  const send = () => {
    if (left === 0) return resolve(undefined);
    left -= 1;
    timer = setTimeout(send, waitMs);
    socket.send(question, onError);
  };
  // A connected socket reports a closed port (ICMP) as ECONNREFUSED.
  const onError = (error: NodeJS.ErrnoException | null) => {
    if (error === null) return;
    if (OWN_TROUBLE.has(error.code ?? '')) reject(error);
    else resolve(undefined);
  };
  const onAbort = () => reject(signal.reason);
  socket.on('error', onError);
  socket.on('message', (message) => {
    const answer = read(message);
    if (answer !== undefined) resolve(answer);
  });
  signal.addEventListener('abort', onAbort);
  socket.connect(port, address, (error?: Error) => (error === undefined ? send() : onError(error)));
  try {
    return await promise;
  } finally {
    clearTimeout(timer);
    signal.removeEventListener('abort', onAbort);
    socket.close();
  }
}
