import { type AskOptions, ask, type UdpTarget } from './datagram.ts';

/**
 * Get Channel Authentication Capabilities in an IPMI 1.5 packet outside of a session: for the current channel, with the
 * data of IPMI 2.0, for administrators (IPMI 2.0 sections 13.6 and 22.13).
 */
export const VERSIONS_QUESTION = Buffer.from(
  '0600ff07 00 00000000 00000000 09 2018c8 810038 8e04 b5'.replaceAll(' ', ''),
  'hex',
);
const GET_CAPABILITIES = 0x38;
/** Length of RMCP header, session header, and message up to the byte with the versions. */
const ANSWER_BYTES = 4 + 10 + 11;

/**
 * The IPMI versions by which a BMC accepts logins, `1.5` and `2.0`; empty when it does not tell. Throws the signal's
 * reason.
 */
export async function ipmiVersions(target: UdpTarget, options: AskOptions): Promise<string[]> {
  return (await ask(target, VERSIONS_QUESTION, readVersions, options)) ?? [];
}

/** The versions in an answer to `VERSIONS_QUESTION`; undefined for other datagrams. */
export function readVersions(answer: Buffer): string[] | undefined {
  // Class IPMI, no authentication, and a response of the application network function to this command.
  if (answer.length < 21 || answer[0] !== 0x06 || answer[3] !== 0x07 || answer[4] !== 0) return undefined;
  if ((answer.readUInt8(15) & 0xfc) !== 0x1c || answer[19] !== GET_CAPABILITIES) return undefined;
  // A BMC of IPMI 1.5 refuses the request for extended data.
  if (answer[20] !== 0) return ['1.5'];
  if (answer.length < ANSWER_BYTES || (answer.readUInt8(22) & 0x80) === 0) return ['1.5'];
  const extended = answer.readUInt8(24);
  return ['1.5', '2.0'].filter((_version, bit) => (extended & (1 << bit)) !== 0);
}
