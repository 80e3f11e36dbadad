import { COMPLETION } from '../completion-codes.ts';
import type { IpmiSession } from '../lanplus/bmc-session.ts';
import { Unanswered } from '../lanplus/unanswered.ts';
import { refused } from './ask.ts';

/** Cold Reset (IPMI 2.0, section 20.2). */
const COLD_RESET = { netFn: 0x06, command: 0x02 };

/**
 * Restarts the BMC (not the machine). Returns ipmitool's message. A missing answer counts as success, since BMCs may
 * restart before they answer. Throws ModelError when the BMC refuses.
 */
export async function coldReset(session: IpmiSession): Promise<string> {
  const options = { privilege: 'administrator', once: true } as const;
  const reply = await session.request(COLD_RESET, options).catch((error: unknown) => {
    if (error instanceof Unanswered) return undefined;
    throw error;
  });
  if (reply !== undefined && reply.code !== COMPLETION.ok) {
    throw refused(session, 'MC reset command', reply.code);
  }
  return 'Sent cold reset command to MC\n';
}
