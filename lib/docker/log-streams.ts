import { constants, open as openFile } from 'node:fs';
import { stat } from 'node:fs/promises';
import { Socket } from 'node:net';
import { promisify } from 'node:util';
import { ModelError } from '../models/index.ts';
import { readLogEntries } from './log-entries.ts';
import type { LogDriver, LogInfo } from './protocol.ts';
import type { LogStreams } from './subsystems.ts';

/** How long in ms a driver may process entries after the end of the container or the plugin. */
const END_LIMIT_MS = 5_000;
/** Written in place of an entry's length to mark the end of the log. */
const END = 0xffff_ffff;

/** The logs that a driver reads: each is a FIFO that Docker writes, from StartLogging to StopLogging. */
export class DriverLogs implements LogStreams {
  readonly #driver: LogDriver;
  readonly #onError: (error: unknown) => void;
  readonly #streams = new Map<string, { socket: Socket; done: Promise<void>; ending: AbortController }>();

  constructor(driver: LogDriver, onError: (error: unknown) => void) {
    this.#driver = driver;
    this.#onError = onError;
  }

  /** Throws ModelError: 409 for a file that is being read, 400 for one that is not a FIFO. */
  async start(file: string, info: LogInfo): Promise<void> {
    if (this.#streams.has(file))
      throw new ModelError(409, `logger for ${JSON.stringify(file)} already exists`);
    const socket = await openFifo(file);
    const ending = new AbortController();
    const done = this.#driver
      .log(info, readLogEntries(socket, END), { signal: ending.signal })
      .catch(this.#onError)
      .finally(() => {
        socket.destroy();
        this.#streams.delete(file);
      });
    this.#streams.set(file, { socket, done, ending });
  }

  /**
   * Ends a log. Docker has written everything, but closes the FIFO only after this call, so an end mark is written
   * after its entries.
   */
  async stop(file: string): Promise<void> {
    const stream = this.#streams.get(file);
    if (stream === undefined) return;
    const timer = setTimeout(() => {
      stream.ending.abort(new ModelError(504, 'the container has ended'));
      stream.socket.destroy();
    }, END_LIMIT_MS);
    writeEnd(file, stream.socket);
    await stream.done;
    clearTimeout(timer);
  }

  async close(): Promise<void> {
    const streams = [...this.#streams.values()];
    for (const { socket, ending } of streams) {
      ending.abort(new ModelError(503, 'the plugin stops'));
      socket.destroy();
    }
    await Promise.all(streams.map(({ done }) => done));
  }
}

/**
 * Writes the end mark, waiting for room while the driver is slow. Errors are ignored: the reader has ended, or has a
 * time limit.
 */
function writeEnd(file: string, reader: Socket): void {
  openFile(file, constants.O_WRONLY | constants.O_NONBLOCK, (error, fd) => {
    if (error !== null) return;
    const writer = new Socket({ fd, readable: false, writable: true });
    writer.on('error', () => {});
    reader.once('close', () => writer.destroy());
    const end = Buffer.alloc(4);
    end.writeUInt32BE(END);
    writer.end(end);
  });
}

/** Opens without waiting for a writer, which would block one of Node.js's few file threads. */
async function openFifo(file: string): Promise<Socket> {
  const found = await stat(file).catch((cause: unknown) => {
    throw new ModelError(400, `File: ${cause instanceof Error ? cause.message : cause}`, { cause });
  });
  if (!found.isFIFO()) throw new ModelError(400, `File: ${file} is not a FIFO`);
  const fd = await promisify(openFile)(file, constants.O_RDONLY | constants.O_NONBLOCK);
  return new Socket({ fd, readable: true, writable: false });
}
