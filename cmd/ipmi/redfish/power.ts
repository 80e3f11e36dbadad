import { at, isResource, listAt, textAt, textsAt } from '../../../lib/https/index.ts';
import { ModelError } from '../../../lib/models/index.ts';
import type { Found, Service } from '../../../lib/redfish/index.ts';
import { numberParam, type Params } from '../params.ts';

/** What is asked for, and the state that it ends in. */
type Aim = 'on' | 'off' | 'cycle';

/** Reset types by preference; those of the reference. */
const CHOICES: Readonly<Record<Aim, readonly string[]>> = {
  on: ['ForceOn', 'On', 'PushPowerButton', 'ForceRestart'],
  off: ['ForceOff', 'Off', 'GracefulShutdown', 'PushPowerButton', 'ForceRestart'],
  cycle: ['PowerCycle', 'ForceRestart'],
};
/** For a BMC that does not tell which it takes: what nearly all of them have. */
const USUAL: Readonly<Record<Aim, string>> = { on: 'On', off: 'ForceOff', cycle: 'ForceRestart' };
const WANTED = { on: 'On', off: 'Off' } as const;
/** States that need no further push, by the state that they lead to (PowerState in the schema Resource). */
const ON_THE_WAY: Readonly<Record<string, string>> = { On: 'PoweringOn', Off: 'PoweringOff' };

/** When the param is not set, as in calls from outside of an endpoint. */
const WAIT_SECONDS = 60;
const LONGEST_WAIT_SECONDS = 3_600;
/** For the off half of a power cycle, when its end is not waited for. */
const LEAST_OFF_WAIT_SECONDS = 10;

/** `Unknown` when the BMC does not tell. */
export function powerState({ resource }: Found): string {
  return textAt(resource, 'PowerState') ?? 'Unknown';
}

/**
 * Brings the system into the state that `aim` ends in, and returns the PowerState that it has reached. Nothing is sent
 * when that is so already. Throws ModelError 504 when it is not reached in time (`ipmi/wait-for-power`; 0: not waited
 * for), and 501 when the BMC allows no reset type that would do.
 */
export async function setPower(service: Service, system: Found, aim: Aim, params: Params): Promise<string> {
  const seconds = numberParam(params, 'ipmi/wait-for-power', LONGEST_WAIT_SECONDS, WAIT_SECONDS);
  if (aim !== 'cycle') return reach(service, system, aim, seconds);
  // What is off has nothing to cycle, and most BMCs refuse to; what is wanted is that it starts.
  if (powerState(system) === 'Off') return reach(service, system, 'on', seconds);
  const allowed = await allowedTypes(service, system);
  const type = allowed === undefined ? USUAL.cycle : CHOICES.cycle.find((choice) => allowed.includes(choice));
  if (type !== undefined) {
    await reset(service, system, type);
    return settled(service, system, 'On', seconds, type);
  }
  const cause = await order(service, system, 'off');
  try {
    await settled(service, system, 'Off', Math.max(seconds, LEAST_OFF_WAIT_SECONDS), cause ?? 'Off');
    await service.pause(service.pace.offMs);
    return await reach(service, await service.get(system.uri), 'on', seconds);
  } catch (error) {
    if (!(error instanceof ModelError)) throw error;
    const half = `${system.uri}: its power cycle ended half way, and it may be off`;
    throw service.error(error.code, half, ...error.messages);
  }
}

async function reach(service: Service, system: Found, aim: 'on' | 'off', seconds: number): Promise<string> {
  const wanted = WANTED[aim];
  const cause = await order(service, system, aim);
  return cause === undefined ? wanted : settled(service, system, wanted, seconds, cause);
}

/** Has it switched on or off, and returns why it will be so, for people; undefined when it is so already. */
async function order(service: Service, system: Found, aim: 'on' | 'off'): Promise<string | undefined> {
  const wanted = WANTED[aim];
  const state = powerState(system);
  if (state === wanted) return undefined;
  if (state === ON_THE_WAY[wanted]) return state;
  const allowed = await allowedTypes(service, system);
  const type = allowed === undefined ? USUAL[aim] : CHOICES[aim].find((choice) => allowed.includes(choice));
  if (type === undefined) {
    throw service.error(
      501,
      `cannot switch ${system.uri} ${aim}: it allows ${allowed?.join(', ') || 'no reset'}`,
    );
  }
  await reset(service, system, type);
  return type;
}

/**
 * The reset types that the service takes, by the annotation at the action or by its action info, which says the same
 * (schema ComputerSystem, Reset: services should have the annotation in any case). Undefined when neither is there.
 */
async function allowedTypes(service: Service, { resource }: Found): Promise<string[] | undefined> {
  const action = at(resource, 'Actions', '#ComputerSystem.Reset');
  const told = textsAt(action, 'ResetType@Redfish.AllowableValues');
  if (told !== undefined && told.length > 0) return told;
  const info = textAt(action, '@Redfish.ActionInfo');
  if (info === undefined) return told;
  const parameters = listAt((await service.get(info)).resource, 'Parameters').filter(isResource);
  const resetType = parameters.find((parameter) => parameter.Name === 'ResetType');
  return textsAt(resetType, 'AllowableValues') ?? told;
}

async function reset(service: Service, { uri, resource }: Found, type: string): Promise<void> {
  const target = textAt(resource, 'Actions', '#ComputerSystem.Reset', 'target');
  if (target === undefined) throw service.error(501, `${uri}: has no action ComputerSystem.Reset`);
  await service.post(target, { ResetType: type });
}

/** The state once it is `wanted`, or the first one that is told when there is nothing to wait for. */
async function settled(
  service: Service,
  { uri }: Found,
  wanted: string,
  seconds: number,
  cause: string,
): Promise<string> {
  const end = performance.now() + seconds * 1000;
  for (;;) {
    const state = powerState(await service.get(uri));
    if (state === wanted || state === 'Unknown' || seconds === 0) return state;
    if (performance.now() >= end) {
      throw service.error(504, `${uri}: is ${state}, not ${wanted}, ${seconds} s after ${cause}`);
    }
    await service.pause();
  }
}
