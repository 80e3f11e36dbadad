import { createSocket, type RemoteInfo, type Socket } from 'node:dgram';
import { SocketAddress } from 'node:net';
import { Burst } from './burst.ts';
import { type Frame, PAYLOAD, readFrame } from './frame.ts';
import { type Waiting, Waits } from './waits.ts';

type SocketType = 'udp4' | 'udp6';

/** The IP address and UDP port of a BMC. */
export interface Peer {
  address: string;
  port: number;
}

/** As many small datagrams as the system's default buffer holds while this process is busy. */
const MOST_UNANSWERED = 200;
/** Answers that take longer arrive at scattered times. */
const BURST_MS = 100;
/** Requested size; the system may grant less. */
const RECEIVE_BUFFER_BYTES = 4 * 1024 * 1024;

/**
 * The UDP sockets for all BMCs, one per address family. An incoming packet is assigned to a login or session by its
 * session id, or (some refusals have none) by its source.
 */
export class Sockets {
  readonly #sockets = new Map<SocketType, Socket>();
  readonly #bySession = new Map<number, Line>();
  readonly #byPeer = new Map<string, Line>();
  readonly #burst = new Burst(MOST_UNANSWERED, BURST_MS);
  /** Shared by the lines. */
  readonly waits = new Waits();

  /** Returns a line that receives what `peer` sends to this session id, until it is disposed of. */
  line(peer: Peer, consoleId: number): Line {
    const type = peer.address.includes(':') ? 'udp6' : 'udp4';
    const line = new Line(this, { ...peer, type, consoleId }, this.#burst);
    this.#bySession.set(consoleId, line);
    this.#byPeer.set(line.peer, line);
    return line;
  }

  /** The number of lines. */
  get lines(): number {
    return this.#bySession.size;
  }

  close(): void {
    for (const socket of this.#sockets.values()) socket.close();
    this.#sockets.clear();
  }

  /** For `Line` only. */
  forget(line: Line): void {
    const { consoleId } = line.to;
    if (this.#bySession.get(consoleId) === line) this.#bySession.delete(consoleId);
    if (this.#byPeer.get(line.peer) === line) this.#byPeer.delete(line.peer);
  }

  /** For `Line` only. */
  send(datagram: Buffer, { address, port, type }: LineEnd): void {
    // A send error counts as a lost packet: the caller repeats it, and finally reports that no answer came. Node.js
    // reports it to a callback only, and one for each datagram takes a turn of the event loop's queue.
    this.#socket(type).send(datagram, port, address);
  }

  #socket(type: SocketType): Socket {
    const there = this.#sockets.get(type);
    if (there !== undefined) return there;
    const socket = createSocket({
      type,
      recvBufferSize: RECEIVE_BUFFER_BYTES,
      // Only IP addresses are passed, and the default lookup costs as much as the datagram.
      lookup: (address, _options, found) => found(null, address, type === 'udp6' ? 6 : 4),
    });
    this.#sockets.set(type, socket);
    socket.on('message', (datagram, from) => this.#receive(datagram, from));
    socket.on('error', (error) => {
      if (this.#sockets.get(type) === socket) this.#sockets.delete(type);
      socket.close();
      // A local error, not one of the BMCs.
      for (const line of this.#bySession.values()) if (line.to.type === type) line.fail(error);
    });
    // Callers that wait have a timer that keeps the process alive.
    socket.unref();
    return socket;
  }

  #receive(datagram: Buffer, { address, port }: RemoteInfo): void {
    const frame = readFrame(datagram);
    const peer = peerKey(address, port);
    if (frame === undefined) {
      this.#byPeer.get(peer)?.onDatagram(datagram);
      return;
    }
    const { sessionId, payload } = frame;
    const named = sessionId === 0 && payload.length >= 8 ? payload.readUInt32LE(4) : sessionId;
    const line = this.#bySession.get(named) ?? (sessionId === 0 ? this.#byPeer.get(peer) : undefined);
    if (line?.peer === peer) line.take(frame);
  }
}

/** The methods that a line calls. Thousands of lines exist, so they share them. */
interface LineEnd extends Peer {
  type: SocketType;
  consoleId: number;
}

function ignore(): void {}

/** The connection of a login or session to its BMC. */
export class Line implements Disposable {
  readonly to: LineEnd;
  /** Key of the BMC's address and port. */
  readonly peer: string;
  /** Called with packets of the machine's serial console. */
  onSol: (frame: Frame) => void = ignore;
  /** Called with datagrams from the BMC that are not RMCP+. */
  onDatagram: (datagram: Buffer) => void = ignore;
  readonly #sockets: Sockets;
  readonly #burst: Burst;
  #wait: { take(frame: Frame): void; fail(reason: unknown): void } | undefined;

  constructor(sockets: Sockets, to: LineEnd, burst: Burst) {
    this.#sockets = sockets;
    this.to = to;
    this.#burst = burst;
    this.peer = peerKey(to.address, to.port);
  }

  send(datagram: Buffer): void {
    this.#sockets.send(datagram, this.to);
  }

  /**
   * Sends a datagram and waits for a frame for which `read` returns a value; undefined after the time limit. Only one
   * call at a time. Throws the signal's reason, and errors of the local socket.
   */
  async ask<T>(
    datagram: () => Buffer,
    read: (frame: Frame) => T | undefined,
    waitMs: number,
    signal: AbortSignal,
  ): Promise<T | undefined> {
    const burst = this.#burst;
    for (let room = burst.room(); room !== undefined; room = burst.room()) await room;
    signal.throwIfAborted();
    const { waits } = this.#sockets;
    const one = burst.begin();
    // Registered before sending, since a socket that cannot be opened fails while sending.
    const wait = new Wait(read, performance.now() + waitMs, signal);
    this.#wait = wait;
    waits.add(wait);
    try {
      try {
        this.send(datagram());
      } catch (error) {
        wait.fail(error);
      }
      return await wait.answer;
    } finally {
      this.#wait = undefined;
      waits.delete(wait);
      burst.end(one);
    }
  }

  /** Ends the wait with an error. */
  fail(reason: unknown): void {
    this.#wait?.fail(reason);
  }

  take(frame: Frame): void {
    if (frame.payloadType === PAYLOAD.sol) this.onSol(frame);
    else this.#wait?.take(frame);
  }

  [Symbol.dispose](): void {
    this.#sockets.forget(this);
  }
}

/** The wait for the answer to a datagram. */
class Wait<T> implements Waiting {
  /** Undefined after the time limit. */
  readonly answer: Promise<T | undefined>;
  readonly until: number;
  readonly signal: AbortSignal;
  readonly #read: (frame: Frame) => T | undefined;
  readonly #resolve: (answer: T | undefined) => void;
  readonly #reject: (reason: unknown) => void;

  constructor(read: (frame: Frame) => T | undefined, until: number, signal: AbortSignal) {
    const { promise, resolve, reject } = Promise.withResolvers<T | undefined>();
    this.answer = promise;
    this.until = until;
    this.signal = signal;
    this.#read = read;
    this.#resolve = resolve;
    this.#reject = reject;
  }

  take(frame: Frame): void {
    const answer = this.#read(frame);
    if (answer !== undefined) this.#resolve(answer);
  }

  expire(): void {
    this.#resolve(undefined);
  }

  fail(reason: unknown): void {
    this.#reject(reason);
  }
}

/** The same text for all notations of an address. Zones only name the interface, and are dropped. */
function peerKey(address: string, port: number): string {
  if (!address.includes(':')) return `${address} ${port}`;
  const [plain = ''] = address.split('%');
  return `${new SocketAddress({ address: plain, family: 'ipv6' }).address} ${port}`;
}
