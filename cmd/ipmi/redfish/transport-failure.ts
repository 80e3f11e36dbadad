import { abortError, refusal } from '../../../lib/ipmi/index.ts';
import { ModelError } from '../../../lib/models/index.ts';
import { hide } from '../hide.ts';
import { transportProblem } from '../https/transport-problem.ts';
import type { Line, Outgoing } from './exchange.ts';

/** What a failure in transport means, with its cause. Quotes no secret. */
export function transportFailure(
  { bmc, limits }: Line,
  { method, uri }: Outgoing,
  error: unknown,
  signal: AbortSignal,
): ModelError {
  if (signal.aborted) return abortError(`BMC ${bmc.name}`, signal);
  const known = ModelError.from(error);
  if (known !== undefined) return known;
  const about = { what: `${method} ${uri}`, limits, params: 'ipmi/address, ipmi/port-redfish' };
  const { code, says } = transportProblem(error, about);
  return refusal(code, hide(`BMC ${bmc.name}: ${says}`, bmc.secrets), error);
}
