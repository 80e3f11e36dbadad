import { createSocket } from 'node:dgram';
import { isIPv6 } from 'node:net';

/** Where to ask by UDP. */
export interface UdpTarget {
  /** IPv4 or IPv6 address. */
  address: string;
  port: number;
}

export interface AskOptions {
  /** How often the question is sent. */
  tries: number;
  /** How long an answer is waited for after each of them. */
  waitMs: number;
  signal: AbortSignal;
}

/** The system has no more of something; nothing is known about the target. */
const OWN_TROUBLE = new Set(['EMFILE', 'ENFILE', 'ENOMEM']);

/**
 * Sends one question by UDP, again and again, until `read` makes something of an answer. Undefined: nobody there, or
 * nobody who answers. Only what comes from the target itself is read. Throws the signal's reason, and system errors
 * that are not the target's.
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
  // Connected, so that a port that is closed is told at once (as ECONNREFUSED, from ICMP).
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
