import { ModelError, refusal } from '../../models/index.ts';
import { COMPLETION } from '../completion-codes.ts';
import { PROBLEMS } from '../problems.ts';
import { type BmcSession, endSession, type LiveSession } from './bmc-session.ts';
import { PAYLOAD } from './frame.ts';
import { randomBytes } from './random.ts';
import { SolStream } from './sol.ts';
import type { Timing } from './timing.ts';

/** Receives what happens on a console. */
export interface ConsoleListener {
  /** Called with the machine's output. */
  output(characters: Buffer): void;
  /** The console has ended: the BMC closed it, or does not answer any more (`error`). Not called after `close`. */
  over(error?: ModelError): void;
}

export interface SolOptions {
  /** Close the console of another client. */
  takesOver?: boolean;
  /** The `sessionId` of a lost connection that the BMC may still have; it is closed as well. */
  lost?: number;
}

/** Activate and Deactivate Payload (IPMI 2.0, sections 24.1 and 24.2): payload type SOL, its first instance. */
const ACTIVATE = { netFn: 0x06, command: 0x48 };
const DEACTIVATE = { netFn: 0x06, command: 0x49 };
/** Get Payload Instance Info (section 24.5). Its answer begins with the id of the session that has the console. */
const GET_INSTANCE = { netFn: 0x06, command: 0x4b };
const SOL_INSTANCE = [1, 1];
/** Auxiliary data of Activate Payload: encryption; authentication, with alerts of the serial port deferred. */
const ENCRYPTED = 0x80;
const AUTHENTICATED = 0x44;
const IN_USE = 0x80;

/** Errors for the completion codes of Activate Payload. */
const REFUSALS: ReadonlyMap<number, readonly [code: number, says: string]> = new Map([
  [IN_USE, [409, PROBLEMS.consoleInUse]],
  [0x81, [409, PROBLEMS.consoleOff]],
  [0x82, [409, PROBLEMS.consoleInUse]],
  [0x83, [502, 'cannot encrypt its serial console']],
  [0x84, [502, 'requires encryption of its serial console (ipmi/cipher-suite)']],
  [COMPLETION.unknownCommand, [501, 'has no serial over LAN']],
  [COMPLETION.privilege, [403, PROBLEMS.privilege]],
]);

const GET_DEVICE_ID = { netFn: 0x06, command: 0x01 };

/** The serial console of a machine in a session with its BMC, until either side closes it. */
export class SolConnection {
  readonly #session: BmcSession;
  readonly #live: LiveSession;
  readonly #timing: Timing;
  readonly #stream: SolStream;
  readonly #listener: ConsoleListener;
  #timer: NodeJS.Timeout | undefined;
  #alive: NodeJS.Timeout;
  #tries = 0;
  #isOver = false;

  private constructor(
    session: BmcSession,
    live: LiveSession,
    stream: SolStream,
    timing: Timing,
    listener: ConsoleListener,
  ) {
    this.#session = session;
    this.#live = live;
    this.#stream = stream;
    this.#timing = timing;
    this.#listener = listener;
    live.line.onSol = (frame) => {
      const payload = live.session.open(frame);
      if (payload !== undefined) this.#take(payload);
    };
    this.#alive = this.#keepAlive();
  }

  /** Opens the console in a new session. Throws ModelError: 409 when another client has it, or it is disabled. */
  static async open(
    session: BmcSession,
    { isEncrypted, takesOver = false, lost }: SolOptions & { isEncrypted: () => boolean },
    timing: Timing,
    listener: ConsoleListener,
  ): Promise<SolConnection> {
    // Raises the session as the command needs it, and so tells the session's suite.
    await session.request(GET_DEVICE_ID, { privilege: 'operator' });
    const auxiliary = AUTHENTICATED | (isEncrypted() ? ENCRYPTED : 0);
    const activate = () =>
      session.request(
        { ...ACTIVATE, data: [...SOL_INSTANCE, auxiliary, 0, 0, 0] },
        { privilege: 'operator' },
      );
    let { code, data } = await activate();
    const owner = code === IN_USE ? await ownerOf(session) : undefined;
    // The command was carried out but its answer was lost.
    if (owner !== undefined && owner === session.live?.session.bmcId) code = COMPLETION.ok;
    if (code === IN_USE && (takesOver || (lost !== undefined && owner === lost))) {
      const deactivate = { ...DEACTIVATE, data: [...SOL_INSTANCE, 0, 0, 0, 0] };
      await session.request(deactivate, { privilege: 'operator' });
      ({ code, data } = await activate());
    }
    const { live } = session;
    if (code !== COMPLETION.ok) {
      const [status, says] = REFUSALS.get(code) ?? [
        502,
        `${PROBLEMS.refused}: Activate Payload ended with code ${code}`,
      ];
      throw refusal(status, `BMC ${session.bmc}: ${says}`);
    }
    if (live === undefined) throw refusal(504, `BMC ${session.bmc}: ${PROBLEMS.stoppedLater}`);
    // Any number will do when the last one is unknown.
    const last = session.notes.solSequence ?? randomBytes(1).readUInt8() % 16;
    const stream = new SolStream(data.length >= 6 ? data.readUInt16LE(4) : 0, last);
    return new SolConnection(session, live, stream, timing, listener);
  }

  /** The BMC's session id. */
  get sessionId(): number {
    return this.#live.session.bmcId;
  }

  get isOver(): boolean {
    return this.#isOver;
  }

  /** How many typed bytes are not acknowledged. */
  get unsent(): number {
    return this.#stream.unsent;
  }

  type(characters: Buffer | 'break'): void {
    if (this.#isOver) return;
    const payload = this.#stream.type(characters);
    if (payload !== undefined) this.#sendAnew(payload);
  }

  /** Closes the console and its session without waiting for answers. */
  close(): void {
    if (this.#isOver) return;
    this.#end();
    const { session, line } = this.#live;
    line.send(session.request({ ...DEACTIVATE, data: [...SOL_INSTANCE, 0, 0, 0, 0] }).datagram);
    endSession(this.#live);
  }

  #take(payload: Buffer): void {
    if (this.#isOver) return;
    const { output, send, isAnswered, isOver } = this.#stream.take(payload);
    if (isAnswered) this.#tries = 0;
    for (const one of send) this.#send(one);
    if (isAnswered) this.#wait();
    if (output.length > 0) this.#listener.output(output);
    if (!isOver || this.#isOver) return;
    this.#end();
    endSession(this.#live);
    this.#listener.over();
  }

  #sendAnew(payload: Buffer): void {
    this.#tries = 0;
    this.#send(payload);
    this.#wait();
  }

  #send(payload: Buffer): void {
    const { session, line } = this.#live;
    line.send(session.packet(PAYLOAD.sol, payload));
  }

  /** Repeats the current packet when it is not acknowledged. */
  #wait(): void {
    clearTimeout(this.#timer);
    const waitMs = this.#timing.solMs[this.#tries];
    if (!this.#stream.isWaiting) return;
    if (waitMs === undefined || this.#live.session.isLost) {
      this.#lost(refusal(504, `BMC ${this.#session.bmc}: ${PROBLEMS.stoppedLater}`));
      return;
    }
    this.#timer = setTimeout(() => {
      this.#tries += 1;
      const payload = this.#stream.again();
      if (payload !== undefined) this.#send(payload);
      this.#wait();
    }, waitMs);
  }

  /** BMCs end sessions without packets from the console for a minute. */
  #keepAlive(): NodeJS.Timeout {
    const timer = setTimeout(async () => {
      try {
        await this.#session.request(GET_DEVICE_ID);
        if (!this.#isOver) this.#alive = this.#keepAlive();
      } catch (error) {
        this.#lost(error instanceof ModelError ? error : refusal(500, String(error), error));
      }
    }, this.#timing.solAliveMs);
    return timer.unref();
  }

  #lost(error: ModelError): void {
    if (this.#isOver) return;
    this.#end();
    // The BMC may still have the session, and has few of them.
    endSession(this.#live);
    this.#listener.over(error);
  }

  #end(): void {
    this.#isOver = true;
    clearTimeout(this.#timer);
    clearTimeout(this.#alive);
    this.#live.line.onSol = () => {};
    this.#session.notes.solSequence = this.#stream.sequence;
  }
}

/** The session id that has the console; undefined when the BMC does not tell. */
async function ownerOf(session: BmcSession): Promise<number | undefined> {
  const { code, data } = await session.request({ ...GET_INSTANCE, data: SOL_INSTANCE });
  return code === COMPLETION.ok && data.length >= 4 ? data.readUInt32LE() : undefined;
}
