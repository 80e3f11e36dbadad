import { COMPLETION } from '../completion-codes.ts';
import type { IpmiSession } from '../lanplus/bmc-session.ts';

const THIS_CHANNEL = 0x0e;
/** Get Channel Authentication Capabilities (IPMI 2.0, section 22.13) for the current channel, as administrator. */
const GET_CAPABILITIES = { netFn: 0x06, command: 0x38, data: [0x80 | THIS_CHANNEL, 4] };

/** The number of the session's channel. Many BMCs refuse 0Eh, which stands for it. Throws like `request`. */
export async function channelNumber(session: IpmiSession): Promise<number> {
  const { code, data } = await session.request(GET_CAPABILITIES);
  const [channel] = data;
  return code === COMPLETION.ok && channel !== undefined ? channel & 0x0f : THIS_CHANNEL;
}
