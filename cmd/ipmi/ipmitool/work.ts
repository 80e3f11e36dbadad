import { type Call, type CallOptions, refusal } from '../../../lib/ipmi/index.ts';
import { type ModelError, Secrets } from '../../../lib/models/index.ts';
import type { Request } from '../driver.ts';
import { excerpt } from '../excerpt.ts';
import { textParam } from '../params.ts';

/** Runs an action, given a function that calls ipmitool for the machine's BMC. */
export type Work = (call: Call, request: Request) => Promise<unknown>;

/** For commands that read a whole table record by record. */
export const TABLE: CallOptions = { terse: true, timeLimitMs: 180_000 };

/** The error for output that cannot be read. */
export function unreadable(what: string, stdout: string, { params }: Request): ModelError {
  const secrets = new Secrets([textParam(params, 'ipmi/password')]);
  return refusal(502, `ipmitool printed no ${what}: ${excerpt(stdout, secrets)}`);
}
