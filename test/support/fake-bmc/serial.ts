import { readSolPacket, SOL_BREAK, SOL_STATUS, solPacket } from '../../../lib/ipmi/lanplus/sol.ts';

/** How often and how late what is not acknowledged is sent again. */
const RESEND_MS = 40;
const MOST_RESENDS = 50;
const CHUNK = 50;
const NOTHING = Buffer.alloc(0);

/** The serial port of a machine, and how its BMC hands it on (IPMI 2.0, sections 15.9 to 15.11). */
export class Serial {
  /** What was typed, and how many breaks came. */
  typed = '';
  breaks = 0;
  /** Whether a console may be opened, and what the answer says of the size of payloads. */
  isOn = true;
  payloadBytes = 204;
  /** The most characters of a packet that are taken. */
  takes = 255;
  /** So many packets are refused. */
  refusals = 0;
  /** Refuses for as long. */
  isStuck = false;
  /** Prints what is typed. */
  echoes = false;
  readonly #waiting: Buffer[] = [];
  #send: ((payload: Buffer) => void) | undefined;
  #owner = 0;
  #sequence = 0;
  #isSent = false;
  #resends = 0;
  #timer: NodeJS.Timeout | undefined;
  #heard = { sequence: 0, accepted: 0 };

  /** The BMC's id of the session that has the console; 0 for none. */
  get owner(): number {
    return this.#owner;
  }

  open(owner: number, send: (payload: Buffer) => void): void {
    this.#owner = owner;
    this.#send = send;
    this.#heard = { sequence: 0, accepted: 0 };
    this.#isSent = false;
    this.#next();
  }

  /** `isTold` says so to whoever has it. */
  close(isTold = true): void {
    clearTimeout(this.#timer);
    const inactive = { sequence: 0, acknowledged: 0, accepted: 0, characters: NOTHING };
    if (isTold) this.#send?.(solPacket({ ...inactive, flags: SOL_STATUS.inactive }));
    this.#send = undefined;
    this.#owner = 0;
  }

  print(text: string): void {
    const bytes = Buffer.from(text);
    for (let at = 0; at < bytes.length; at += CHUNK) this.#waiting.push(bytes.subarray(at, at + CHUNK));
    this.#next();
  }

  take(payload: Buffer): void {
    const packet = readSolPacket(payload);
    if (packet === undefined) return;
    const { sequence, acknowledged, characters, flags } = packet;
    if (this.#isSent && acknowledged === this.#sequence) {
      this.#waiting.shift();
      this.#isSent = false;
      this.#next();
    }
    if (sequence === 0) return;
    const acknowledge = (accepted: number, status = 0) =>
      this.#send?.(
        solPacket({ sequence: 0, acknowledged: sequence, accepted, flags: status, characters: NOTHING }),
      );
    if (sequence === this.#heard.sequence) {
      acknowledge(this.#heard.accepted);
      return;
    }
    if (this.isStuck || this.refusals > 0) {
      this.refusals -= 1;
      acknowledge(0, SOL_STATUS.nack | SOL_STATUS.unavailable);
      return;
    }
    const taken = characters.subarray(0, this.takes);
    this.#heard = { sequence, accepted: taken.length };
    this.typed += taken.toString('latin1');
    if ((flags & SOL_BREAK) !== 0) this.breaks += 1;
    acknowledge(taken.length);
    if (this.echoes && taken.length > 0) this.print(taken.toString());
  }

  #next(): void {
    const [first] = this.#waiting;
    if (this.#send === undefined || this.#isSent || first === undefined) return;
    this.#sequence = this.#sequence === 15 ? 1 : this.#sequence + 1;
    this.#isSent = true;
    this.#resends = 0;
    this.#sendFirst();
  }

  #sendFirst(): void {
    const [first] = this.#waiting;
    if (this.#send === undefined || first === undefined) return;
    const sequence = this.#sequence;
    this.#send(solPacket({ sequence, acknowledged: 0, accepted: 0, flags: 0, characters: first }));
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => {
      this.#resends += 1;
      if (this.#isSent && this.#sequence === sequence && this.#resends < MOST_RESENDS) this.#sendFirst();
    }, RESEND_MS);
  }
}
