/** Payload types of RMCP+ (IPMI 2.0, table 13-16). */
export const PAYLOAD = {
  ipmi: 0x00,
  sol: 0x01,
  openSessionRequest: 0x10,
  openSessionResponse: 0x11,
  rakp1: 0x12,
  rakp2: 0x13,
  rakp3: 0x14,
  rakp4: 0x15,
} as const;

/** An RMCP+ packet (IPMI 2.0, table 13-8). `payload` may be encrypted. */
export interface Frame {
  payloadType: number;
  encrypted: boolean;
  authenticated: boolean;
  /** The receiver's session id; 0 outside of a session. */
  sessionId: number;
  sequence: number;
  payload: Buffer;
  /** The bytes from the authentication type to the end: the input of the integrity code, followed by the code. */
  body: Buffer;
}

/** Version 1.0, reserved, no acknowledgement requested, class IPMI (DSP0136, RMCP header). */
const RMCP_HEADER = [0x06, 0x00, 0xff, 0x07];
const CLASS_IPMI = 0x07;
const FORMAT_RMCP_PLUS = 0x06;
const ENCRYPTED = 0x80;
const AUTHENTICATED = 0x40;
const OEM_EXPLICIT = 0x02;
/** RMCP header, then authentication type, payload type, session id, sequence, length. */
const HEADER_BYTES = 16;

/** Parses a datagram; undefined when it is not RMCP+ or is truncated. */
export function readFrame(datagram: Buffer): Frame | undefined {
  if (datagram.length < HEADER_BYTES || datagram[0] !== 0x06 || datagram[3] !== CLASS_IPMI) return undefined;
  if (datagram[4] !== FORMAT_RMCP_PLUS) return undefined;
  const type = datagram.readUInt8(5);
  const payloadType = type & 0x3f;
  // Its header is six bytes longer, and no such packet is ever requested.
  if (payloadType === OEM_EXPLICIT) return undefined;
  const length = datagram.readUInt16LE(14);
  if (datagram.length < HEADER_BYTES + length) return undefined;
  return {
    payloadType,
    encrypted: (type & ENCRYPTED) !== 0,
    authenticated: (type & AUTHENTICATED) !== 0,
    sessionId: datagram.readUInt32LE(6),
    sequence: datagram.readUInt32LE(10),
    payload: datagram.subarray(HEADER_BYTES, HEADER_BYTES + length),
    body: datagram.subarray(4),
  };
}

/** A packet outside of a session: no flags, no session id, no trailer. */
export function plainFrame(payloadType: number, payload: Uint8Array): Buffer {
  return Buffer.concat([header(payloadType, 0, 0, payload.length), payload]);
}

/**
 * A packet in a session up to the integrity code. With `authenticated` it ends with padding, pad length and next
 * header, which make its length from the authentication type on a multiple of four.
 */
export function sessionFrame({
  payloadType,
  encrypted,
  authenticated,
  sessionId,
  sequence,
  payload,
}: Omit<Frame, 'body' | 'payload'> & { payload: Uint8Array }): Buffer {
  const flags = (encrypted ? ENCRYPTED : 0) | (authenticated ? AUTHENTICATED : 0);
  const head = header(flags | payloadType, sessionId, sequence, payload.length);
  if (!authenticated) return Buffer.concat([head, payload]);
  const padding = -(HEADER_BYTES - RMCP_HEADER.length + payload.length + 2) & 3;
  const trailer = Buffer.alloc(padding + 2, 0xff);
  trailer.set([padding, 0x07], padding);
  return Buffer.concat([head, payload, trailer]);
}

function header(type: number, sessionId: number, sequence: number, length: number): Buffer {
  const bytes = Buffer.allocUnsafe(HEADER_BYTES);
  bytes.set(RMCP_HEADER);
  bytes[4] = FORMAT_RMCP_PLUS;
  bytes[5] = type;
  bytes.writeUInt32LE(sessionId, 6);
  bytes.writeUInt32LE(sequence, 10);
  bytes.writeUInt16LE(length, 14);
  return bytes;
}
