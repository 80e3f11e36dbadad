/** A SOL payload (IPMI 2.0, section 15.9). */
export interface SolPacket {
  /** 1 to 15; 0 for a packet with only an acknowledgement. */
  sequence: number;
  /** The number of the acknowledged packet; 0 for none. */
  acknowledged: number;
  /** How many bytes of that packet were accepted. */
  accepted: number;
  /** `SOL_STATUS` from a BMC, `SOL_BREAK` to it. */
  flags: number;
  characters: Buffer;
}

/** Status bits of a BMC (IPMI 2.0, table 15-2, byte 4). */
export const SOL_STATUS = { nack: 0x40, unavailable: 0x20, inactive: 0x10, overrun: 0x08 } as const;
/** The bit with which a console requests a break. */
export const SOL_BREAK = 0x10;

const HEADER_BYTES = 4;
const LAST_SEQUENCE = 15;
/** BMCs announce sizes that they do not accept. */
const MOST_CHARACTERS = 200;
const LEAST_CHARACTERS = 16;

export function solPacket({ sequence, acknowledged, accepted, flags, characters }: SolPacket): Buffer {
  return Buffer.concat([Buffer.of(sequence, acknowledged, accepted, flags), characters]);
}

/** Parses a SOL payload; undefined when it is too short. */
export function readSolPacket(payload: Buffer): SolPacket | undefined {
  if (payload.length < HEADER_BYTES) return undefined;
  return {
    sequence: payload.readUInt8(0) & 0x0f,
    acknowledged: payload.readUInt8(1) & 0x0f,
    accepted: payload.readUInt8(2),
    flags: payload.readUInt8(3),
    characters: payload.subarray(HEADER_BYTES),
  };
}

/** The consequences of a packet from the BMC. */
export interface SolStep {
  /** New output of the machine. */
  output: Buffer;
  /** Payloads to send now. */
  send: Buffer[];
  /** Input was accepted, or refused for now: the time limit starts again. */
  isAnswered: boolean;
  /** The BMC has closed the console. */
  isOver: boolean;
  /** The BMC has lost output of the machine. */
  hasLost: boolean;
}

/** Input to send in order: bytes, or a break. */
type Typed = Buffer | 'break';

/** Input that is not acknowledged, with its sequence number. */
interface Waiting {
  sequence: number;
  typed: Typed;
  /** The previous sequence number, with which the BMC accepted nothing of the input. */
  refused?: number;
}

const NO_CHARACTERS = Buffer.alloc(0);

/**
 * Serial over LAN as a state machine without I/O and time (IPMI 2.0, sections 15.9 to 15.11): payloads and input in,
 * payloads out. One packet is in flight; `again` repeats it until it is acknowledged. The part that the BMC did not
 * accept is sent with a new number.
 */
export class SolStream {
  readonly #most: number;
  readonly #typed: Typed[] = [];
  #waiting: Waiting | undefined;
  #sequence: number;
  /** The last two packets of the BMC. */
  #heard = { sequence: 0, characters: NO_CHARACTERS };
  #heardBefore = { sequence: 0, characters: NO_CHARACTERS };

  /**
   * `payloadBytes` is the payload size that the BMC announces. `last` is the number of the last packet sent to this BMC
   * by any console: some (ipmi_sim) remember it, and take a packet with the same number for a repetition.
   */
  constructor(payloadBytes = 0, last = 0) {
    this.#sequence = last;
    const most = payloadBytes - HEADER_BYTES;
    this.#most = most < LEAST_CHARACTERS ? MOST_CHARACTERS : Math.min(most, MOST_CHARACTERS);
  }

  /** The number of the last packet sent. */
  get sequence(): number {
    return this.#sequence;
  }

  /** Whether a packet is not acknowledged. */
  get isWaiting(): boolean {
    return this.#waiting !== undefined;
  }

  /** How many typed bytes are not acknowledged. */
  get unsent(): number {
    const length = (typed: Typed | undefined) => (typed instanceof Buffer ? typed.length : 0);
    return this.#typed.reduce((sum, typed) => sum + length(typed), length(this.#waiting?.typed));
  }

  /** Queues input. Returns a payload to send, unless one is in flight. */
  type(typed: Typed): Buffer | undefined {
    const last = this.#typed.at(-1);
    if (last instanceof Buffer && typed instanceof Buffer)
      this.#typed.splice(-1, 1, Buffer.concat([last, typed]));
    else if (typed === 'break' || typed.length > 0) this.#typed.push(typed);
    return this.#next();
  }

  /** The payload in flight, for another try; undefined when nothing waits for an acknowledgement. */
  again(): Buffer | undefined {
    if (this.#waiting === undefined) return undefined;
    const { sequence, typed } = this.#waiting;
    const isBreak = typed === 'break';
    return solPacket({
      sequence,
      acknowledged: 0,
      accepted: 0,
      flags: isBreak ? SOL_BREAK : 0,
      characters: isBreak ? NO_CHARACTERS : typed,
    });
  }

  /** Handles a payload of the BMC. */
  take(payload: Buffer): SolStep {
    const packet = readSolPacket(payload);
    const step: SolStep = {
      output: NO_CHARACTERS,
      send: [],
      isAnswered: false,
      isOver: false,
      hasLost: false,
    };
    if (packet === undefined) return step;
    const { sequence, characters, flags } = packet;
    step.isOver = (flags & SOL_STATUS.inactive) !== 0;
    step.hasLost = (flags & SOL_STATUS.overrun) !== 0;
    if (sequence !== 0) {
      step.output = this.#unheard(sequence, characters);
      const accepted = characters.length;
      // Acknowledged immediately, since the machine waits for it.
      step.send.push(
        solPacket({ sequence: 0, acknowledged: sequence, accepted, flags: 0, characters: NO_CHARACTERS }),
      );
    }
    const waiting = this.#waiting;
    if (waiting === undefined || !isAnswer(packet, waiting)) return step;
    step.isAnswered = true;
    const next = this.#acknowledged(waiting, packet);
    if (next !== undefined) step.send.push(next);
    return step;
  }

  /** The new part of a packet. A repeated one may have more than the first time. */
  #unheard(sequence: number, characters: Buffer): Buffer {
    const heard = this.#heard;
    if (sequence === heard.sequence) {
      if (characters.length > heard.characters.length)
        this.#heard = { sequence, characters: Buffer.from(characters) };
      return characters.subarray(Math.min(heard.characters.length, characters.length));
    }
    const before = this.#heardBefore;
    // A late repetition, sent before the acknowledgement arrived.
    if (sequence === before.sequence && characters.equals(before.characters)) return NO_CHARACTERS;
    this.#heardBefore = heard;
    this.#heard = { sequence, characters: Buffer.from(characters) };
    return characters;
  }

  #acknowledged({ sequence, typed }: Waiting, { accepted, flags }: SolPacket): Buffer | undefined {
    this.#waiting = undefined;
    const isRefused = (flags & SOL_STATUS.nack) !== 0;
    const rest = typed instanceof Buffer ? typed.subarray(accepted) : isRefused ? typed : NO_CHARACTERS;
    if (rest.length === 0) return this.#next();
    const refused = isRefused && accepted === 0 ? { refused: sequence } : {};
    this.#waiting = { sequence: this.#nextSequence(), typed: rest, ...refused };
    // The rest of a partly accepted packet is sent immediately; when nothing was accepted, the BMC gets time.
    return isRefused || accepted === 0 ? undefined : this.again();
  }

  #next(): Buffer | undefined {
    const [first] = this.#typed;
    if (this.#waiting !== undefined || first === undefined) return undefined;
    const typed = first instanceof Buffer ? first.subarray(0, this.#most) : first;
    if (first instanceof Buffer && first.length > typed.length) this.#typed[0] = first.subarray(typed.length);
    else this.#typed.shift();
    this.#waiting = { sequence: this.#nextSequence(), typed };
    return this.again();
  }

  #nextSequence(): number {
    this.#sequence = this.#sequence === LAST_SEQUENCE ? 1 : this.#sequence + 1;
    return this.#sequence;
  }
}

/**
 * Whether a packet acknowledges the packet in flight. A BMC may refuse input, and then accept a repetition that was on
 * its way.
 */
function isAnswer({ acknowledged, accepted, flags }: SolPacket, { sequence, refused }: Waiting): boolean {
  if (acknowledged === sequence) return true;
  return acknowledged === refused && accepted > 0 && (flags & SOL_STATUS.nack) === 0;
}
