import { transportProblem } from '../https/index.ts';
import { abortError, ModelError, maskSecrets, refusal } from '../models/index.ts';
import type { Connection, Outgoing } from './connection.ts';

/** What a failure in transport means, with its cause. Quotes no secret. */
export function transportFailure(
  { bmc, limits }: Connection,
  { method, uri }: Outgoing,
  error: unknown,
  signal: AbortSignal,
): ModelError {
  if (signal.aborted) return abortError(`BMC ${bmc.name}`, signal);
  const known = ModelError.from(error);
  if (known !== undefined) return known;
  const about = { what: `${method} ${uri}`, limits, params: 'ipmi/address, ipmi/port-redfish' };
  const { code, says } = transportProblem(error, about);
  return refusal(code, maskSecrets(`BMC ${bmc.name}: ${says}`, bmc.secrets), error);
}
