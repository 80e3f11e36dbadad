/** A SOL payload (IPMI 2.0, section 15.9). */
export interface SolPacket {
  /** 1 to 15; 0 where nothing but an acknowledgement is sent. */
  sequence: number;
  /** The number of the other side's packet that is acknowledged; 0 for none. */
  acknowledged: number;
  /** How many characters of that packet were taken. */
  accepted: number;
  /** `SOL_STATUS` from a BMC, `SOL_BREAK` to it. */
  flags: number;
  characters: Buffer;
}

/** What a BMC says besides characters (IPMI 2.0, table 15-2, byte 4). */
export const SOL_STATUS = { nack: 0x40, unavailable: 0x20, inactive: 0x10, overrun: 0x08 } as const;
/** What a console asks for besides characters. */
export const SOL_BREAK = 0x10;

const HEADER_BYTES = 4;
const LAST_SEQUENCE = 15;
/** BMCs tell sizes that they cannot take. */
const MOST_CHARACTERS = 200;
const LEAST_CHARACTERS = 16;

export function solPacket({ sequence, acknowledged, accepted, flags, characters }: SolPacket): Buffer {
  return Buffer.concat([Buffer.of(sequence, acknowledged, accepted, flags), characters]);
}

/** Undefined for a payload that is too short to be one. */
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

/** What follows from a packet of the BMC. */
export interface SolStep {
  /** What the machine printed, which was not here before. */
  output: Buffer;
  /** Payloads to send now. */
  send: Buffer[];
  /** Something of what was typed was taken, or refused for now: the time for an answer begins anew. */
  isAnswered: boolean;
  /** The BMC has ended the console. */
  isOver: boolean;
  /** The BMC has lost characters of the machine. */
  hasLost: boolean;
}

/** What is to be sent, in order: characters, or a break. */
type Typed = Buffer | 'break';

const NO_CHARACTERS = Buffer.alloc(0);

/**
 * A serial console over LAN as a list of states (IPMI 2.0, sections 15.9 to 15.11): it makes payloads from payloads and
 * from what is typed, and knows neither sessions nor time. One packet is under way; it is sent again by `again` until it
 * is acknowledged, and what the BMC did not take of it goes under a new number.
 */
export class SolStream {
  readonly #most: number;
  readonly #typed: Typed[] = [];
  #waiting: { sequence: number; typed: Typed } | undefined;
  #sequence: number;
  /** The BMC's last two packets. */
  #heard = { sequence: 0, characters: NO_CHARACTERS };
  #heardBefore = { sequence: 0, characters: NO_CHARACTERS };

  /**
   * `payloadBytes` is what the BMC says that it takes in one payload. `last` is the number of the last packet that was sent
   * to this BMC, in whichever console: some (ipmi_sim) remember it, and take one of the same number for a repetition.
   */
  constructor(payloadBytes = 0, last = 0) {
    this.#sequence = last;
    const most = payloadBytes - HEADER_BYTES;
    this.#most = most < LEAST_CHARACTERS ? MOST_CHARACTERS : Math.min(most, MOST_CHARACTERS);
  }

  /** The number of the last packet that was sent. */
  get sequence(): number {
    return this.#sequence;
  }

  /** Whether something that was sent is not acknowledged yet. */
  get isWaiting(): boolean {
    return this.#waiting !== undefined;
  }

  /** How many characters were typed and are not acknowledged yet. */
  get unsent(): number {
    const length = (typed: Typed | undefined) => (typed instanceof Buffer ? typed.length : 0);
    return this.#typed.reduce((sum, typed) => sum + length(typed), length(this.#waiting?.typed));
  }

  /** Takes what is typed. Returns a payload, unless one is under way. */
  type(typed: Typed): Buffer | undefined {
    const last = this.#typed.at(-1);
    if (last instanceof Buffer && typed instanceof Buffer)
      this.#typed.splice(-1, 1, Buffer.concat([last, typed]));
    else if (typed === 'break' || typed.length > 0) this.#typed.push(typed);
    return this.#next();
  }

  /** The payload that is under way, for another try; undefined while nothing waits for an acknowledgement. */
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

  /** Takes a payload of the BMC. */
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
      // At once: the machine waits for it.
      step.send.push(
        solPacket({ sequence: 0, acknowledged: sequence, accepted, flags: 0, characters: NO_CHARACTERS }),
      );
    }
    if (this.#waiting === undefined || packet.acknowledged !== this.#waiting.sequence) return step;
    step.isAnswered = true;
    const next = this.#acknowledged(this.#waiting.typed, packet);
    if (next !== undefined) step.send.push(next);
    return step;
  }

  /** What of a packet was not here before. One that comes again may have more than the first time. */
  #unheard(sequence: number, characters: Buffer): Buffer {
    const heard = this.#heard;
    if (sequence === heard.sequence) {
      if (characters.length > heard.characters.length)
        this.#heard = { sequence, characters: Buffer.from(characters) };
      return characters.subarray(Math.min(heard.characters.length, characters.length));
    }
    const before = this.#heardBefore;
    // Sent again before the acknowledgement came, and late.
    if (sequence === before.sequence && characters.equals(before.characters)) return NO_CHARACTERS;
    this.#heardBefore = heard;
    this.#heard = { sequence, characters: Buffer.from(characters) };
    return characters;
  }

  #acknowledged(typed: Typed, { accepted, flags }: SolPacket): Buffer | undefined {
    this.#waiting = undefined;
    const isRefused = (flags & SOL_STATUS.nack) !== 0;
    const rest = typed instanceof Buffer ? typed.subarray(accepted) : isRefused ? typed : NO_CHARACTERS;
    if (rest.length === 0) return this.#next();
    this.#waiting = { sequence: this.#nextSequence(), typed: rest };
    // What was taken in part goes on at once; one that takes nothing is given time.
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
