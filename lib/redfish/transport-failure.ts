import { transportProblem } from '../https/index.ts';
import { abortError, foreignPath, type ModelError, own, say } from '../models/index.ts';
import type { Connection, Outgoing } from './connection.ts';
import { bmcError } from './failure.ts';

/** The error for a transport failure, with its cause. */
export function transportFailure(
  { bmc, limits }: Connection,
  { method, uri }: Outgoing,
  error: unknown,
  signal: AbortSignal,
): ModelError {
  if (signal.aborted) return abortError(`BMC ${bmc.name}`, signal);
  const { code, says } = transportProblem(error, {
    what: say`${own(method)} ${foreignPath(uri)}`,
    limits,
    params: own('ipmi/address, ipmi/port-redfish'),
    oldTls: bmc.oldTls,
  });
  return bmcError(bmc, code, [says], error);
}
