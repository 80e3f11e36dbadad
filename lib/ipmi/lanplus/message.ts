/** An IPMI command for a BMC. */
export interface IpmiRequest {
  /** Network function, even: 0x00 chassis, 0x04 sensors, 0x06 application, 0x0a storage, 0x0c transport. */
  netFn: number;
  command: number;
  data?: readonly number[] | Uint8Array;
  /** Logical unit of the BMC; default 0. */
  lun?: number;
}

/** The answer to a command: a completion code, 0 for success, and the bytes after it. */
export interface IpmiReply {
  code: number;
  data: Buffer;
}

/** A response as received. */
export interface IpmiResponse extends IpmiReply {
  netFn: number;
  command: number;
  /** The requester's sequence number, 0 to 63. */
  sequence: number;
  /** Whether both checksums are correct. */
  intact: boolean;
}

/** Slave address of a BMC, and software id of a remote console (IPMI 2.0, sections 5.5 and 13.8). */
const BMC = 0x20;
const CONSOLE = 0x81;
/** Addresses, function, checksum, sequence, command, completion code, checksum. */
const SHORTEST_RESPONSE = 8;

/** Two's complement of the sum, so that bytes and checksum add up to 0 (IPMI 2.0, section 13.8). */
export function checksum(bytes: Uint8Array): number {
  let sum = 0;
  for (const byte of bytes) sum += byte;
  return -sum & 0xff;
}

/** A request message (IPMI 2.0, section 13.8). `sequence` is taken modulo 64. */
export function requestMessage(request: IpmiRequest, sequence: number): Buffer {
  const { netFn, command, data = [], lun = 0 } = request;
  const message = Buffer.alloc(7 + data.length);
  message.set([BMC, (netFn << 2) | lun]);
  message[2] = checksum(message.subarray(0, 2));
  message.set([CONSOLE, (sequence & 0x3f) << 2, command], 3);
  message.set(data, 6);
  message[6 + data.length] = checksum(message.subarray(3, 6 + data.length));
  return message;
}

/** Parses a response message; undefined when it is too short. A wrong checksum is reported in `intact`. */
export function readResponse(message: Buffer): IpmiResponse | undefined {
  if (message.length < SHORTEST_RESPONSE) return undefined;
  const end = message.length - 1;
  return {
    netFn: message.readUInt8(1) >> 2,
    sequence: message.readUInt8(4) >> 2,
    command: message.readUInt8(5),
    code: message.readUInt8(6),
    data: message.subarray(7, end),
    intact: checksum(message.subarray(0, 3)) === 0 && checksum(message.subarray(3)) === 0,
  };
}

/** Whether `response` belongs to `request`, which was sent with this sequence number. */
export function answers(response: IpmiResponse, request: IpmiRequest, sequence: number): boolean {
  return (
    response.netFn === (request.netFn | 1) &&
    response.command === request.command &&
    response.sequence === (sequence & 0x3f)
  );
}
