/**
 * Loaded by a provider under test before its code. Background work sleeps until the test, connected by a socket, moves
 * the time.
 */
import { connect, type Socket } from 'node:net';
import { createInterface } from 'node:readline';
import { CLOCK_SOURCE, type ClockSource } from '../plugin/index.ts';
import { CLOCK_SOCKET, type ClockCommand, type ClockState, type WorkState } from './clock-messages.ts';

interface Sleeper extends WorkState {
  wake: (() => void) | undefined;
}

class StoppedClocks implements ClockSource {
  #now = Date.now();
  #commands = 0;
  readonly #works = new Set<Sleeper>();
  readonly #path: string;
  #socket: Socket | undefined;

  constructor(path: string) {
    this.#path = path;
  }

  begin(signal: AbortSignal) {
    const work: Sleeper = { hasSlept: false, due: null, wake: undefined };
    this.#works.add(work);
    this.#tell();
    return {
      now: () => this.#now,
      sleep: (ms: number) => this.#sleep(work, ms, signal),
      end: () => {
        this.#works.delete(work);
        this.#tell();
      },
    };
  }

  async #sleep(work: Sleeper, ms: number, signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const abort = () => reject(signal.reason);
    Object.assign(work, { hasSlept: true, due: this.#now + ms, wake: resolve });
    this.#tell();
    signal.addEventListener('abort', abort);
    try {
      await promise;
    } finally {
      signal.removeEventListener('abort', abort);
    }
  }

  #obey({ now }: ClockCommand): void {
    this.#now = now;
    this.#commands += 1;
    for (const work of this.#works) {
      if (work.due === null || work.due > now) continue;
      work.wake?.();
      Object.assign(work, { due: null, wake: undefined });
    }
    this.#tell();
  }

  #tell(): void {
    this.#socket ??= this.#connect();
    const works = [...this.#works].map(({ hasSlept, due }) => ({ hasSlept, due }));
    const state: ClockState = { now: this.#now, commands: this.#commands, works };
    this.#socket.write(`${JSON.stringify(state)}\n`);
  }

  #connect(): Socket {
    const socket = connect(this.#path);
    // The test has ended.
    socket.on('error', () => {});
    socket.unref();
    createInterface({ input: socket }).on('line', (line) => this.#obey(JSON.parse(line) as ClockCommand));
    return socket;
  }
}

const path = process.env[CLOCK_SOCKET];
if (path !== undefined) Object.assign(globalThis, { [CLOCK_SOURCE]: new StoppedClocks(path) });
