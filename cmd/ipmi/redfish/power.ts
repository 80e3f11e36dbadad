import { foreign, foreignPath, ModelError, own, say, type Wording } from '../../../lib/models/index.ts';
import type { Found, Service } from '../../../lib/redfish/index.ts';
import { afterLostAnswer, powerState, waitForState, withState } from './power-state.ts';
import { allowedText, allowedTypes, reset, restart } from './reset.ts';

/** The command, named by the state that it ends in. */
type Aim = 'on' | 'off' | 'cycle';

/** Reset types in order of preference, as in the Go ipmi plugin. */
const CHOICES: Readonly<Record<Aim, readonly string[]>> = {
  on: ['ForceOn', 'On', 'PushPowerButton', 'ForceRestart'],
  off: ['ForceOff', 'Off', 'GracefulShutdown', 'PushPowerButton', 'ForceRestart'],
  cycle: ['PowerCycle', 'ForceRestart'],
};
/** For a BMC that lists no types: what nearly all of them support. */
const USUAL: Readonly<Record<Aim, string>> = { on: 'On', off: 'ForceOff', cycle: 'ForceRestart' };
const WANTED = { on: 'On', off: 'Off' } as const;
/** Transitional states that need no further command, by their final state (PowerState in the schema Resource). */
const ON_THE_WAY: Readonly<Record<string, string>> = { On: 'PoweringOn', Off: 'PoweringOff' };

/** Minimum wait for the off half of a power cycle whose end is not waited for. */
const LEAST_OFF_WAIT_SECONDS = 10;

/**
 * Brings the system into the state that `aim` ends in, and returns its PowerState. Nothing is sent when it has that
 * state. Waits up to `seconds` (`ipmi/wait-for-power`; 0: not at all). Throws ModelError: 504 when the state is not
 * reached in time, 501 when the BMC allows no suitable reset type.
 */
export async function setPower(service: Service, system: Found, aim: Aim, seconds: number): Promise<string> {
  const known = seconds > 0 ? await withState(service, system) : system;
  if (aim !== 'cycle') return reach(service, known, aim, seconds);
  // A system that is off cannot be cycled, and most BMCs refuse it, so it is switched on.
  if (powerState(known) === 'Off') return reach(service, known, 'on', seconds);
  const outcome = await restart(service, known, await typesFor(service, known, 'cycle'), seconds);
  if ('state' in outcome) return outcome.state;
  const { refusals } = outcome;
  if (refusals.length > 0) {
    service.info(say`${foreignPath(known.uri)}: refuses to be restarted, and is switched off and on`);
  }
  return offAndOn(
    service,
    known,
    seconds,
    refusals.flatMap(({ messages }) => messages.map(own)),
  );
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
    if (cause !== undefined)
      await waitForState(service, system, { wanted: 'Off', seconds: offSeconds, cause });
    await service.pause(service.pace.offMs);
    return await reach(service, await service.get(system.uri), 'on', seconds);
  } catch (error) {
    if (!(error instanceof ModelError)) throw error;
    const half = say`${foreignPath(system.uri)}: its power cycle ended half way, and it may be off`;
    throw service.error(error.code, half, ...error.messages.map(own));
  }
}

async function reach(service: Service, system: Found, aim: 'on' | 'off', seconds: number): Promise<string> {
  const wanted = WANTED[aim];
  const cause = await order(service, system, aim, seconds, []);
  return cause === undefined ? wanted : waitForState(service, system, { wanted, seconds, cause });
}

/**
 * Switches the system on or off, and returns the reason why the state is expected; undefined when it has the state.
 * Reads the state before each try: before the next type after a refusal, and before a repetition when an answer was
 * lost without an effect.
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
    // A restart, as a way to switch off, is used only when the BMC has nothing else.
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
      found = (await afterLostAnswer(service, found, seconds)).found;
    }
  }
  if (first !== undefined && refusals.length === first.messages.length) throw first;
  const about = say`cannot switch ${foreignPath(system.uri)} ${own(aim)}, it is ${foreign(powerState(found))}`;
  throw service.error(first?.code ?? 501, about, ...refusals);
}

/** The types to try, at least one. Throws ModelError 501 when the BMC allows no suitable one. */
async function typesFor(service: Service, system: Found, aim: Aim): Promise<readonly string[]> {
  const allowed = await allowedTypes(service, system);
  if (allowed === undefined) return [USUAL[aim]];
  const types = CHOICES[aim].filter((choice) => allowed.includes(choice));
  const state = powerState(system);
  if (types.length > 0 || aim === 'cycle' || state === WANTED[aim] || state === ON_THE_WAY[WANTED[aim]])
    return types;
  const about = say`cannot switch ${foreignPath(system.uri)} ${own(aim)}`;
  throw service.error(501, say`${about}: ${allowedText(allowed)}`);
}
