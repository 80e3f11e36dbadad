import { at, isResource, listAt, textAt, textsAt, timeoutOf, wasCutOff } from '../../../lib/https/index.ts';
import {
  foreign,
  foreignPath,
  joined,
  ModelError,
  own,
  say,
  type Wording,
} from '../../../lib/models/index.ts';
import { type Found, refusedWith, type Service } from '../../../lib/redfish/index.ts';
import { afterLostAnswer, powerState, waitForState } from './power-state.ts';

/**
 * The reset types that the service allows, from the annotation of the action or from its action info (schema
 * ComputerSystem, Reset: services should have the annotation in any case). Undefined when there is neither.
 */
export async function allowedTypes(service: Service, { resource }: Found): Promise<string[] | undefined> {
  const action = at(resource, 'Actions', '#ComputerSystem.Reset');
  const told = textsAt(action, 'ResetType@Redfish.AllowableValues');
  if (told !== undefined && told.length > 0) return told;
  const info = textAt(action, '@Redfish.ActionInfo');
  if (info === undefined) return told;
  try {
    const parameters = listAt((await service.get(info)).resource, 'Parameters').filter(isResource);
    const resetType = parameters.find((parameter) => parameter.Name === 'ResetType');
    return textsAt(resetType, 'AllowableValues') ?? told;
  } catch (error) {
    if (refusedWith(error) === undefined) throw error;
    return told;
  }
}

/** Text for errors: `it allows On, ForceOff`. */
export function allowedText(allowed: readonly string[]): Wording {
  return say`it allows ${allowed.length === 0 ? own('no reset') : joined(allowed.map(foreign), ', ')}`;
}

/** The outcome of a reset that was not acknowledged. */
interface Reset {
  /** The BMC refused this type; another may work. */
  refusal?: ModelError;
  /** The answer was lost or reports an internal error: the reset may have been carried out. */
  lost?: ModelError;
}

/**
 * Sends a reset once. Throws ModelError when the BMC cannot be reached, and for refusals that do not depend on the
 * type.
 */
export async function reset(service: Service, { uri, resource }: Found, type: string): Promise<Reset> {
  const target = textAt(resource, 'Actions', '#ComputerSystem.Reset', 'target');
  if (target === undefined) {
    throw service.error(501, say`${foreignPath(uri)}: has no action ComputerSystem.Reset`);
  }
  try {
    await service.post(target, { ResetType: type }, { effect: 'once' });
    return {};
  } catch (error) {
    service.signal.throwIfAborted();
    if (!(error instanceof ModelError)) throw error;
    const status = refusedWith(error)?.status;
    if (status === undefined) {
      if (wasCutOff(error) || timeoutOf(error) === 'request') return { lost: error };
      throw error;
    }
    if (LOST.has(status)) return { lost: error };
    if (NOT_NOW.has(status)) throw error;
    return { refusal: error };
  }
}

/** Statuses after which the reset may have been carried out (microsoft/lisa 4070: 500 with SYS446). */
const LOST = new Set([500, 502, 504]);
/** Statuses that any type of reset would get. */
const NOT_NOW = new Set([409, 423, 429, 503]);

/**
 * Restarts a running system by the first of these types that the BMC accepts, and returns the state afterwards, or why
 * all were refused. Throws ModelError, also when it is unknown whether the system was restarted.
 */
export async function restart(
  service: Service,
  system: Found,
  types: readonly string[],
  seconds: number,
): Promise<{ state: string } | { refusals: ModelError[] }> {
  const refusals: ModelError[] = [];
  for (const type of types) {
    const { refusal, lost } = await reset(service, system, type);
    if (refusal !== undefined) {
      refusals.push(refusal);
      continue;
    }
    if (lost !== undefined) await ensureRestarted(service, system, lost, seconds);
    const isRestart = lost === undefined;
    return { state: await waitForState(service, system, { wanted: 'On', seconds, cause: type, isRestart }) };
  }
  return { refusals };
}

/** Throws `lost` unless the system shows a restart: repeating it could restart the system twice. */
async function ensureRestarted(
  service: Service,
  system: Found,
  lost: ModelError,
  seconds: number,
): Promise<void> {
  const { found, isOther } = await afterLostAnswer(service, system, seconds);
  if (isOther) return;
  const line = say`${foreignPath(system.uri)}: may have been restarted or not; it is ${foreign(powerState(found))}`;
  throw service.error(lost.code, ...lost.messages.map(own), line);
}
