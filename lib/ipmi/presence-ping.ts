import { randomInt } from 'node:crypto';
import { type AskOptions, ask, type UdpTarget } from './datagram.ts';

/** The content of a presence pong. */
export interface Presence {
  /** Whether the port answers IPMI messages. */
  ipmi: boolean;
  /** IANA enterprise number of the vendor; undefined for 4542, which means ASF itself. */
  vendor: number | undefined;
}

/** RMCP header: version 1.0, no acknowledgement asked for, class ASF (DSP0136, table RMCP Header). */
const HEADER = [0x06, 0x00, 0xff, 0x06];
const ASF = 4542;
const PING = 0x80;
const PONG = 0x40;
/** Length of RMCP header, ASF header, and the needed part of the pong's data. */
const PONG_BYTES = 4 + 8 + 9;

/**
 * Sends an RMCP presence ping (DSP0136, sections 3.2.4.2 and 3.2.4.3; IPMI 2.0 section 13.2.3), which needs no
 * credentials. Undefined when no answer comes. Throws the signal's reason.
 */
export function presencePing(target: UdpTarget, options: AskOptions): Promise<Presence | undefined> {
  // Tag 255 would mean that no answer is wanted.
  const tag = randomInt(255);
  const ping = Buffer.from([...HEADER, 0, 0, 0, 0, PING, tag, 0, 0]);
  ping.writeUInt32BE(ASF, 4);
  return ask(target, ping, (answer) => readPong(answer, tag), options);
}

function readPong(answer: Buffer, tag: number): Presence | undefined {
  if (answer.length < PONG_BYTES || answer[0] !== HEADER[0] || answer[3] !== HEADER[3]) return undefined;
  if (answer.readUInt32BE(4) !== ASF || answer[8] !== PONG || answer[9] !== tag) return undefined;
  const vendor = answer.readUInt32BE(12);
  return { ipmi: (answer.readUInt8(20) & 0x80) !== 0, vendor: vendor === ASF ? undefined : vendor };
}
