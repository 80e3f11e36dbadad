import { createSocket, type RemoteInfo, type Socket } from 'node:dgram';
import { SocketAddress } from 'node:net';
import { AbortWatch } from './abort-watch.ts';
import { Burst } from './burst.ts';
import { type Frame, PAYLOAD, readFrame } from './frame.ts';

type SocketType = 'udp4' | 'udp6';

/** Where a BMC listens: an address, not a name, and a UDP port. */
export interface Peer {
  address: string;
  port: number;
}

/** As many small datagrams as the system keeps by default while this process is busy with something else. */
const MOST_UNANSWERED = 200;
/** An answer that takes longer comes at another moment than those of the other BMCs. */
const BURST_MS = 100;
/** As much as the system gives, up to this. */
const RECEIVE_BUFFER_BYTES = 4 * 1024 * 1024;

/**
 * The UDP sockets for all BMCs: one for each family of addresses. What comes in finds its login or session by the id in
 * it, or else (refusals of some BMCs have none) by where it comes from.
 */
export class Sockets {
  readonly #sockets = new Map<SocketType, Socket>();
  readonly #bySession = new Map<number, Line>();
  readonly #byPeer = new Map<string, Line>();
  readonly #burst = new Burst(MOST_UNANSWERED, BURST_MS);
  /** For the lines, and for whoever asks several times in a row with one signal. */
  readonly aborts = new AbortWatch();

  /** Gets what `peer` sends to this session id, until it is disposed of. */
  line(peer: Peer, consoleId: number): Line {
    const type = peer.address.includes(':') ? 'udp6' : 'udp4';
    const line = new Line(this, { ...peer, type, consoleId }, this.#burst);
    this.#bySession.set(consoleId, line);
    this.#byPeer.set(line.peer, line);
    return line;
  }

  /** How many lines there are. */
  get lines(): number {
    return this.#bySession.size;
  }

  close(): void {
    for (const socket of this.#sockets.values()) socket.close();
    this.#sockets.clear();
  }

  /** For the line itself. */
  forget(line: Line): void {
    const { consoleId } = line.to;
    if (this.#bySession.get(consoleId) === line) this.#bySession.delete(consoleId);
    if (this.#byPeer.get(line.peer) === line) this.#byPeer.delete(line.peer);
  }

  /** For the line itself. */
  send(datagram: Buffer, { address, port, type }: LineEnd): void {
    // What cannot be sent is as good as lost: the caller sends it again, and then says that nobody answers.
    this.#socket(type).send(datagram, port, address, ignore);
  }

  #socket(type: SocketType): Socket {
    const there = this.#sockets.get(type);
    if (there !== undefined) return there;
    const socket = createSocket({
      type,
      recvBufferSize: RECEIVE_BUFFER_BYTES,
      // Addresses only come here, and the usual lookup costs as much as the datagram.
      lookup: (address, _options, found) => found(null, address, type === 'udp6' ? 6 : 4),
    });
    this.#sockets.set(type, socket);
    socket.on('message', (datagram, from) => this.#receive(datagram, from));
    socket.on('error', (error) => {
      if (this.#sockets.get(type) === socket) this.#sockets.delete(type);
      socket.close();
      // It is this system's own trouble, which says nothing about the BMCs.
      for (const line of this.#bySession.values()) if (line.to.type === type) line.fail(error);
    });
    // Who waits for an answer has a timer that keeps the process going.
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

/** Where a line leads: thousands of them are kept, so that they have no functions of their own. */
interface LineEnd extends Peer {
  type: SocketType;
  consoleId: number;
}

function ignore(): void {}

/** One login's or session's way to its BMC. */
export class Line implements Disposable {
  readonly to: LineEnd;
  /** The other end, as a key. */
  readonly peer: string;
  /** Gets what the console of the machine sends. */
  onSol: (frame: Frame) => void = ignore;
  /** Gets what the other end sends that is not RMCP+. */
  onDatagram: (datagram: Buffer) => void = ignore;
  readonly #sockets: Sockets;
  readonly #burst: Burst;
  #waiting: ((frame: Frame) => void) | undefined;
  #fail: ((reason: unknown) => void) | undefined;

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
   * Sends a datagram and waits for a frame that `read` makes something of; undefined when none comes in time. One at a
   * time. Throws the signal's reason, and system errors of this side's socket.
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
    const one = burst.begin();
    try {
      // Waiting comes first: a socket that cannot be opened says so while it is sent.
      const answer = this.#wait(read, waitMs, signal);
      try {
        this.send(datagram());
      } catch (error) {
        this.fail(error);
      }
      return await answer;
    } finally {
      burst.end(one);
    }
  }

  /** Ends a wait with an error. */
  fail(reason: unknown): void {
    this.#fail?.(reason);
  }

  take(frame: Frame): void {
    if (frame.payloadType === PAYLOAD.sol) this.onSol(frame);
    else this.#waiting?.(frame);
  }

  [Symbol.dispose](): void {
    this.#sockets.forget(this);
  }

  async #wait<T>(
    read: (frame: Frame) => T | undefined,
    waitMs: number,
    signal: AbortSignal,
  ): Promise<T | undefined> {
    const { promise, resolve, reject } = Promise.withResolvers<T | undefined>();
    const timer = setTimeout(resolve, waitMs, undefined);
    const { aborts } = this.#sockets;
    const waiting = aborts.enter(signal).add(this);
    this.#fail = reject;
    this.#waiting = (frame) => {
      const answer = read(frame);
      if (answer !== undefined) resolve(answer);
    };
    try {
      return await promise;
    } finally {
      this.#waiting = undefined;
      this.#fail = undefined;
      clearTimeout(timer);
      waiting.delete(this);
      aborts.leave(signal);
    }
  }
}

/** One text for all ways to write an address. Zones only say which interface an address is on. */
function peerKey(address: string, port: number): string {
  if (!address.includes(':')) return `${address} ${port}`;
  const [plain = ''] = address.split('%');
  return `${new SocketAddress({ address: plain, family: 'ipv6' }).address} ${port}`;
}
