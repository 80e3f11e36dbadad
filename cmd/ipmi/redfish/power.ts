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
import { type Found, Patience, refusedWith, type Service } from '../../../lib/redfish/index.ts';

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

/** For the off half of a power cycle, when its end is not waited for. */
const LEAST_OFF_WAIT_SECONDS = 10;
/** How often a state is looked at that is not told, or that an order should have changed whose answer was lost. */
const POLLS = 10;

/** `Unknown` when the BMC does not tell. */
function powerState({ resource }: Found): string {
  return textAt(resource, 'PowerState') ?? 'Unknown';
}

/**
 * Brings the system into the state that `aim` ends in, and returns the PowerState that it has reached. Nothing is sent
 * when that is so already. `seconds` are waited for it (`ipmi/wait-for-power`; 0: not at all). Throws ModelError 504 when
 * it is not reached in time, and 501 when the BMC allows no reset type that would do.
 */
export async function setPower(service: Service, system: Found, aim: Aim, seconds: number): Promise<string> {
  const known = seconds > 0 ? await withState(service, system) : system;
  if (aim !== 'cycle') return reach(service, known, aim, seconds);
  // What is off has nothing to cycle, and most BMCs refuse to; what is wanted is that it starts.
  if (powerState(known) === 'Off') return reach(service, known, 'on', seconds);
  const refusals: Wording[] = [];
  for (const type of await typesFor(service, known, 'cycle')) {
    const { refusal, lost } = await reset(service, known, type);
    if (lost !== undefined) await seenToRestart(service, known, lost, seconds);
    if (refusal === undefined) return settled(service, known, { wanted: 'On', seconds, cause: type });
    refusals.push(...refusal.messages.map(own));
    service.info(say`${foreignPath(known.uri)}: refuses ${own(type)}, and is restarted in another way`);
  }
  return offAndOn(service, known, seconds, refusals);
}

async function offAndOn(
  service: Service,
  system: Found,
  seconds: number,
  refusals: readonly Wording[],
): Promise<string> {
  const cause = await order(service, system, 'off', seconds, refusals);
  try {
    const offSeconds = Math.max(seconds, LEAST_OFF_WAIT_SECONDS);
    if (cause !== undefined) await settled(service, system, { wanted: 'Off', seconds: offSeconds, cause });
    await service.pause(service.pace.offMs);
    return await reach(service, await service.get(system.uri), 'on', seconds);
  } catch (error) {
    if (!(error instanceof ModelError)) throw error;
    const half = say`${foreignPath(system.uri)}: its power cycle ended half way, and it may be off`;
    throw service.error(error.code, half, ...error.messages.map(own));
  }
}

/** The system with a state: null is told by some while they reset. After a while it is taken as it is. */
async function withState(service: Service, system: Found): Promise<Found> {
  let found = system;
  const isPatient = service.patience.leftMs > 0;
  for (let polls = 0; found.resource.PowerState === null && isPatient && polls < POLLS; polls++) {
    await service.pause();
    found = await service.get(system.uri);
  }
  return found;
}

/** The state, or `Unknown` when the BMC does not tell one in a while. */
export async function powerStatus(service: Service, system: Found): Promise<string> {
  return powerState(await withState(service, system));
}

async function reach(service: Service, system: Found, aim: 'on' | 'off', seconds: number): Promise<string> {
  const wanted = WANTED[aim];
  const cause = await order(service, system, aim, seconds, []);
  return cause === undefined ? wanted : settled(service, system, { wanted, seconds, cause });
}

/**
 * Has it switched on or off, and returns why it will be so, for people; undefined when it is so already. The state is
 * looked at before each try: before the next type, where one was refused, and before the same one is ordered once more,
 * where its answer was lost and nothing has come of it.
 */
async function order(
  service: Service,
  system: Found,
  aim: 'on' | 'off',
  seconds: number,
  before: readonly Wording[],
): Promise<string | undefined> {
  const wanted = WANTED[aim];
  const types = await typesFor(service, system, aim);
  const refusals = [...before];
  let first: ModelError | undefined;
  let found = system;
  let wasLost = false;
  for (let index = 0; ; ) {
    const state = powerState(found);
    if (state === wanted) return undefined;
    if (state === ON_THE_WAY[wanted]) return state;
    const type = types[index];
    // What is to be off is restarted only where the BMC has nothing else.
    if (type === undefined || (index > 0 && aim === 'off' && type === 'ForceRestart')) break;
    const { refusal, lost } = await reset(service, found, type);
    if (refusal === undefined && lost === undefined) return type;
    if (refusal !== undefined) {
      first ??= refusal;
      refusals.push(...refusal.messages.map(own));
      found = await service.get(system.uri);
      index += 1;
    } else {
      if (wasLost || seconds === 0) throw lost;
      wasLost = true;
      found = await afterLoss(service, found, seconds);
    }
  }
  if (first !== undefined && refusals.length === first.messages.length) throw first;
  const about = say`cannot switch ${foreignPath(system.uri)} ${own(aim)}, it is ${foreign(powerState(found))}`;
  throw service.error(first?.code ?? 501, about, ...refusals);
}

/** The system some time after an order of which it is not known whether it has reached the BMC. */
async function afterLoss(service: Service, system: Found, seconds: number): Promise<Found> {
  const before = powerState(system);
  const end = performance.now() + seconds * 1000;
  let found = system;
  for (let polls = 0; polls < POLLS && performance.now() < end; polls++) {
    await service.pause();
    const look = await lookAt(service, system.uri, end);
    if (look.found !== undefined) found = look.found;
    if (look.found !== undefined && powerState(look.found) !== before) break;
  }
  return found;
}

/** Throws `lost` unless the system is seen to go through another state: to cycle it once more could be once too often. */
async function seenToRestart(
  service: Service,
  system: Found,
  lost: ModelError,
  seconds: number,
): Promise<void> {
  const found = await afterLoss(service, system, seconds);
  if (powerState(found) !== powerState(system)) return;
  const line = say`${foreignPath(system.uri)}: may have been restarted or not; it is ${foreign(powerState(found))}`;
  throw service.error(lost.code, ...lost.messages.map(own), line);
}

/** The types to try, one at least. Throws ModelError 501 when the BMC allows none that would do. */
async function typesFor(service: Service, system: Found, aim: Aim): Promise<readonly string[]> {
  const allowed = await allowedTypes(service, system);
  if (allowed === undefined) return [USUAL[aim]];
  const types = CHOICES[aim].filter((choice) => allowed.includes(choice));
  const state = powerState(system);
  if (types.length > 0 || aim === 'cycle' || state === WANTED[aim] || state === ON_THE_WAY[WANTED[aim]])
    return types;
  const list = allowed.length === 0 ? own('no reset') : joined(allowed.map(foreign), ', ');
  throw service.error(501, say`cannot switch ${foreignPath(system.uri)} ${own(aim)}: it allows ${list}`);
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
  try {
    const parameters = listAt((await service.get(info)).resource, 'Parameters').filter(isResource);
    const resetType = parameters.find((parameter) => parameter.Name === 'ResetType');
    return textsAt(resetType, 'AllowableValues') ?? told;
  } catch (error) {
    if (refusedWith(error) === undefined) throw error;
    return told;
  }
}

/** What came of a reset that is not known to be done. */
interface Reset {
  /** The BMC does not do it, and might do another type. */
  refusal?: ModelError;
  /** The answer was lost, or says that something went wrong: it may have been done. */
  lost?: ModelError;
}

/** Orders a reset, once. Throws ModelError when the BMC cannot be asked, and for refusals that are no matter of the type. */
async function reset(service: Service, { uri, resource }: Found, type: string): Promise<Reset> {
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

/** Statuses after which the order may have been carried out all the same (microsoft/lisa 4070: 500 with SYS446). */
const LOST = new Set([500, 502, 504]);
/** Statuses that another type of reset would be answered with as well. */
const NOT_NOW = new Set([409, 423, 429, 503]);

/** A look at the system: what it is, or why it cannot be read. */
interface Look {
  found?: Found;
  problem?: ModelError;
}

/** One look that does not wait. Throws the signal's reason. */
async function lookAt(service: Service, uri: string, end: number): Promise<Look> {
  const patience = new Patience(0, service.patience.param);
  const requestMs = Math.max(LEAST_REQUEST_MS, end - performance.now());
  try {
    return { found: await service.get(uri, { patience, requestMs }) };
  } catch (problem) {
    service.signal.throwIfAborted();
    if (!(problem instanceof ModelError)) throw problem;
    return { problem };
  }
}

/** For an answer that is waited for when the time is nearly up. */
const LEAST_REQUEST_MS = 2_000;

/**
 * The state once it is `wanted`, or the first one that is told when there is nothing to wait for. Until the time is up
 * nothing that a BMC answers is taken for its last word: they restart their services with the machine, forget sessions,
 * and tell no state. Throws ModelError 504.
 */
async function settled(
  service: Service,
  { uri, resource }: Found,
  { wanted, seconds, cause }: { wanted: string; seconds: number; cause: string },
): Promise<string> {
  if (seconds === 0) return powerState(await service.get(uri));
  const end = performance.now() + seconds * 1000;
  for (;;) {
    const { found, problem } = await lookAt(service, uri, end);
    const state = found === undefined ? undefined : powerState(found);
    if (state === wanted) return state;
    // A BMC that never told one is not waited for.
    if (found !== undefined && tellsNone(found.resource) && tellsNone(resource)) return powerState(found);
    if (performance.now() >= end) {
      const after = say`${seconds} s after ${own(cause)}`;
      const path = foreignPath(uri);
      if (problem !== undefined) {
        throw service.error(504, say`${path}: cannot be read ${after}`, ...problem.messages.map(own));
      }
      const now = state === 'Unknown' ? own('tells no power state') : say`is ${foreign(state ?? '')}`;
      throw service.error(504, say`${path}: ${now}, not ${own(wanted)}, ${after}`);
    }
    await service.pause();
  }
}

function tellsNone(resource: Found['resource']): boolean {
  return !Object.hasOwn(resource, 'PowerState');
}
