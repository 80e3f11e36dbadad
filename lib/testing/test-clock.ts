import { once } from 'node:events';
import { createServer, type Server, type Socket } from 'node:net';
import { createInterface } from 'node:readline';
import { ModelError } from '../models/index.ts';
import type { ClockCommand, ClockState } from './clock-messages.ts';

/** How long the plugin's work may take to sleep again, in ms, with room for busy machines. */
const LIMIT_MS = 30_000;

/** The clock of the plugin's background work. Only the test moves it. */
export class TestClock {
  readonly #server: Server;
  #socket: Socket | undefined;
  #state: ClockState | undefined;
  /** How many commands were sent to the plugin. */
  #sent = 0;
  #changed = Promise.withResolvers<void>();

  private constructor(server: Server) {
    this.#server = server;
    server.on('connection', (socket) => {
      // A restarted plugin begins counting again.
      this.#socket?.destroy();
      this.#socket = socket;
      this.#sent = 0;
      socket.on('error', () => {});
      createInterface({ input: socket }).on('line', (line) => {
        if (this.#socket !== socket) return;
        this.#state = JSON.parse(line) as ClockState;
        this.#changed.resolve();
        this.#changed = Promise.withResolvers();
      });
    });
  }

  static async listening(path: string): Promise<TestClock> {
    const server = createServer();
    const clock = new TestClock(server);
    server.listen(path);
    await once(server, 'listening');
    return clock;
  }

  /**
   * Lets `ms` pass for the plugin's background work: waits until it sleeps, ends the sleeps that are due one by one,
   * and returns when all of it sleeps again or has ended. Rejects with ModelError 504 when the work does not sleep
   * within 30 s.
   */
  async advance(ms: number): Promise<void> {
    let { now, works } = await this.#asleep((state) => state.works.some(({ due }) => due !== null));
    const end = now + ms;
    for (;;) {
      const next = Math.min(...works.flatMap(({ due }) => (due === null ? [] : [due])));
      if (next > end) break;
      ({ now, works } = await this.#moveTo(Math.max(next, now)));
    }
    await this.#moveTo(end);
  }

  async #moveTo(now: number): Promise<ClockState> {
    this.#sent += 1;
    const command: ClockCommand = { now };
    this.#socket?.write(`${JSON.stringify(command)}\n`);
    return this.#asleep(() => true);
  }

  /** The state in which all sleeping work is asleep. */
  async #asleep(test: (state: ClockState) => boolean): Promise<ClockState> {
    const limit = AbortSignal.timeout(LIMIT_MS);
    const expired = once(limit, 'abort');
    for (;;) {
      const { promise: changed } = this.#changed;
      const state = this.#state;
      const rests =
        state !== undefined &&
        state.commands === this.#sent &&
        state.works.every(({ hasSlept, due }) => !hasSlept || due !== null);
      if (rests && test(state)) return state;
      if (limit.aborted) throw notAsleep(state);
      await Promise.race([changed, expired]);
    }
  }

  close(): void {
    this.#socket?.destroy();
    this.#server.close();
  }
}

function notAsleep(state: ClockState | undefined): ModelError {
  const works = state?.works ?? [];
  const problem =
    works.length === 0
      ? 'the plugin has no background work'
      : `of ${works.length} pieces of background work, ${works.filter(({ due }) => due === null).length} do not sleep`;
  return new ModelError(504, `The clock cannot be moved: ${problem} (config: background, clock.sleep)`);
}
