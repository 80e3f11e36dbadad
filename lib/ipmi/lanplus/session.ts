import { type Frame, PAYLOAD } from './frame.ts';
import { type IpmiRequest, type IpmiResponse, readResponse, requestMessage } from './message.ts';
import { type PacketKeys, seal, unseal } from './protection.ts';

/** A request that was sent; `again` makes the datagram for another try. */
export interface SentRequest {
  request: IpmiRequest;
  /** 0 to 63. */
  sequence: number;
  datagram: Buffer;
}

/** BMCs silently drop packets whose number is further ahead than this. */
const MOST_UNHEARD = 12;
/**
 * How far a packet of the BMC may be from the newest one, and how many numbers are remembered to detect repetitions.
 */
const WINDOW = 32;
const LAST_SEQUENCE = 0xffff_ffff;

/**
 * A session without I/O and time: numbers, encrypts and decrypts its packets (IPMI 2.0, sections 6.12.8 to 6.12.13).
 */
export class Session {
  /** The session id that the BMC sends to. */
  readonly consoleId: number;
  /** The session id of the BMC. */
  readonly bmcId: number;
  readonly #keys: PacketKeys;
  #sent = 0;
  #requests = 0;
  #unheard = 0;
  #newest: number | undefined;
  /** Oldest first. An array, since most sessions have only one or two packets. */
  readonly #seen: number[] = [];

  constructor(keys: PacketKeys, consoleId: number, bmcId: number) {
    this.#keys = keys;
    this.consoleId = consoleId;
    this.bmcId = bmcId;
  }

  /** Whether so many packets are unanswered that the BMC drops further ones. */
  get isLost(): boolean {
    return this.#unheard >= MOST_UNHEARD;
  }

  /** A request with a sequence number that differs from the last 63. */
  request(request: IpmiRequest): SentRequest {
    this.#requests = (this.#requests + 1) & 0x3f;
    const sequence = this.#requests;
    return { request, sequence, datagram: this.#message(request, sequence) };
  }

  /** The same request in a new packet: BMCs drop packets with a known number. */
  again({ request, sequence }: SentRequest): Buffer {
    return this.#message(request, sequence);
  }

  /** A packet with another payload type. */
  packet(payloadType: number, payload: Uint8Array): Buffer {
    this.#sent = this.#sent === LAST_SEQUENCE ? 1 : this.#sent + 1;
    this.#unheard += 1;
    return seal(this.#keys, { payloadType, sessionId: this.bmcId, sequence: this.#sent }, payload);
  }

  /** Close Session for this session (IPMI 2.0, section 22.19). */
  close(): Buffer {
    const id = Buffer.alloc(4);
    id.writeUInt32LE(this.bmcId);
    return this.request({ netFn: 0x06, command: 0x3c, data: id }).datagram;
  }

  /** The payload of a packet for this session; undefined when it is forged, damaged or repeated. */
  open(frame: Frame): Buffer | undefined {
    if (!this.#isNew(frame.sequence)) return undefined;
    const payload = unseal(this.#keys, frame);
    if (payload === undefined) return undefined;
    this.#note(frame.sequence);
    this.#unheard = 0;
    return payload;
  }

  /** The response in a packet for this session. Inner checksums are ignored, since some BMCs compute them wrong. */
  openResponse(frame: Frame): IpmiResponse | undefined {
    if (frame.payloadType !== PAYLOAD.ipmi) return undefined;
    const payload = this.open(frame);
    return payload === undefined ? undefined : readResponse(payload);
  }

  #message(request: IpmiRequest, sequence: number): Buffer {
    return this.packet(PAYLOAD.ipmi, requestMessage(request, sequence));
  }

  /** Whether the number is new. BMCs that share their network port with the host skip numbers. */
  #isNew(sequence: number): boolean {
    if (this.#newest === undefined) return true;
    return Math.abs((sequence - this.#newest) | 0) <= WINDOW && !this.#seen.includes(sequence);
  }

  #note(sequence: number): void {
    if (this.#newest === undefined || ((sequence - this.#newest) | 0) > 0) this.#newest = sequence;
    this.#seen.push(sequence);
    if (this.#seen.length > 2 * WINDOW + 1) this.#seen.shift();
  }
}
