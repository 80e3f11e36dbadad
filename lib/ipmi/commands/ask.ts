import type { ModelError } from '../../models/index.ts';
import { refusal } from '../../models/index.ts';
import { COMPLETION, completionText } from '../completion-codes.ts';
import type { IpmiSession, RequestOptions } from '../lanplus/bmc-session.ts';
import type { IpmiRequest } from '../lanplus/message.ts';
import { PROBLEMS } from '../problems.ts';

/** HTTP status and message for some completion codes. The message follows the BMC's name. */
const MEANINGS: ReadonlyMap<number, readonly [code: number, says: string]> = new Map([
  [COMPLETION.busy, [503, PROBLEMS.busy]],
  [COMPLETION.starting, [503, PROBLEMS.busy]],
  [COMPLETION.unknownCommand, [501, PROBLEMS.unsupported]],
  [COMPLETION.privilege, [403, PROBLEMS.privilege]],
  [COMPLETION.wrongState, [409, PROBLEMS.wrongState]],
]);

/**
 * Sends a command and returns the data of its answer. Throws ModelError with the meaning of the completion code when
 * the BMC refuses; `what` begins it, for example `Get SEL Info command`.
 */
export async function ask(
  session: IpmiSession,
  what: string,
  request: IpmiRequest,
  options?: RequestOptions,
): Promise<Buffer> {
  const { code, data } = await session.request(request, { later: 'all', ...options });
  if (code !== COMPLETION.ok) throw refused(session, what, code);
  return data;
}

/** The error for a command that was refused with this completion code. */
export function refused({ bmc, patience }: IpmiSession, what: string, code: number): ModelError {
  const [status, says] = MEANINGS.get(code) ?? [502, PROBLEMS.refused];
  return refusal(status, [
    `BMC ${bmc}: ${says}`,
    `${what} failed: ${completionText(code)}`,
    ...patience.told(),
  ]);
}

/** The error for an answer that is too short. */
export function tooShort({ bmc }: IpmiSession, what: string, data: Buffer): ModelError {
  return refusal(502, `BMC ${bmc}: the answer to ${what} has ${data.length} bytes, too few`);
}
