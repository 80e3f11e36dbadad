/** Completion codes with the same meaning for all commands (IPMI 2.0, table 5-2). */
export const COMPLETION = {
  ok: 0x00,
  busy: 0xc0,
  unknownCommand: 0xc1,
  timeout: 0xc3,
  reservationLost: 0xc5,
  wrongLength: 0xc7,
  tooLong: 0xc8,
  outOfRange: 0xc9,
  cannotReturnSoMany: 0xca,
  notThere: 0xcb,
  duplicate: 0xcf,
  starting: 0xd2,
  privilege: 0xd4,
  wrongState: 0xd5,
  unspecified: 0xff,
} as const;

const TEXTS: ReadonlyMap<number, string> = new Map([
  [0x00, 'Command completed normally'],
  [0xc0, 'Node busy'],
  [0xc1, 'Invalid command'],
  [0xc2, 'Invalid command on LUN'],
  [0xc3, 'Timeout'],
  [0xc4, 'Out of space'],
  [0xc5, 'Reservation cancelled or invalid'],
  [0xc6, 'Request data truncated'],
  [0xc7, 'Request data length invalid'],
  [0xc8, 'Request data field length limit exceeded'],
  [0xc9, 'Parameter out of range'],
  [0xca, 'Cannot return number of requested data bytes'],
  [0xcb, 'Requested sensor, data, or record not found'],
  [0xcc, 'Invalid data field in request'],
  [0xcd, 'Command illegal for specified sensor or record type'],
  [0xce, 'Command response could not be provided'],
  [0xcf, 'Cannot execute duplicated request'],
  [0xd0, 'SDR Repository in update mode'],
  [0xd1, 'Device firmware in update mode'],
  [0xd2, 'BMC initialization in progress'],
  [0xd3, 'Destination unavailable'],
  [0xd4, 'Insufficient privilege level'],
  [0xd5, 'Command not supported in present state'],
  [0xd6, 'Cannot execute command, command disabled'],
  [0xff, 'Unspecified error'],
]);

/** The name of a completion code, `Node busy`; the number of a command-specific code. */
export function completionText(code: number): string {
  return TEXTS.get(code) ?? `Unknown (0x${code.toString(16).padStart(2, '0')})`;
}
