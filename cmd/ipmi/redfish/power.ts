import { foreign, foreignPath, ModelError, own, say, type Wording } from '../../../lib/models/index.ts';
import type { Found, Service } from '../../../lib/redfish/index.ts';
import { afterLoss, powerState, settled, withState } from './power-state.ts';
import { allowedText, allowedTypes, reset, restart } from './reset.ts';

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
    if (cause !== undefined) await settled(service, system, { wanted: 'Off', seconds: offSeconds, cause });
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
      found = (await afterLoss(service, found, seconds)).found;
    }
  }
  if (first !== undefined && refusals.length === first.messages.length) throw first;
  const about = say`cannot switch ${foreignPath(system.uri)} ${own(aim)}, it is ${foreign(powerState(found))}`;
  throw service.error(first?.code ?? 501, about, ...refusals);
}

/** The types to try, one at least. Throws ModelError 501 when the BMC allows none that would do. */
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
