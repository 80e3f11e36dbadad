import { foreign, foreignPath, own, say } from '../../../lib/models/index.ts';
import type { Found, Service } from '../../../lib/redfish/index.ts';
import { afterLostAnswer, powerState, waitForState, withState } from './power-state.ts';
import { allowedText, allowedTypes, reset, restart } from './reset.ts';

/**
 * Resets a running system without a power cut, and returns its PowerState afterwards. Throws ModelError: 409 when it is
 * off, 501 when the BMC has no such reset.
 */
export async function resetSystem(service: Service, system: Found, seconds: number): Promise<string> {
  const known = await mustBeOn(service, system, 'reset');
  const [type] = await offered(service, known, ['ForceRestart'], 'reset');
  const outcome = await restart(service, known, [type], seconds);
  if ('state' in outcome) return outcome.state;
  const [refusal] = outcome.refusals;
  throw refusal ?? service.error(502, say`${foreignPath(system.uri)}: was not reset`);
}

/**
 * Asks the operating system to shut down, like a short press of the power button. Returns the PowerState: `Off`, or
 * with `seconds` 0 the state right after the request. Nothing is sent to a system that is off. Throws ModelError: 501
 * when the BMC does not support it, 504 when the system is not off in time.
 */
export async function shutDown(service: Service, system: Found, seconds: number): Promise<string> {
  const known = await withState(service, system);
  if (powerState(known) === 'Off') return 'Off';
  const types = await offered(service, known, ['GracefulShutdown', 'PushPowerButton'], 'shut down');
  for (const [index, type] of types.entries()) {
    const { refusal, lost } = await reset(service, known, type);
    if (refusal !== undefined && index < types.length - 1) continue;
    if (refusal !== undefined) throw refusal;
    if (lost !== undefined && !(await afterLostAnswer(service, known, seconds)).isOther) throw lost;
    const advice = own(
      'the operating system may still be at it (ipmi/wait-for-power), or not listen; poweroff does not ask it',
    );
    return waitForState(service, known, { wanted: 'Off', seconds, cause: type, advice });
  }
  return powerState(known);
}

/** Sends an NMI once. Throws ModelError: 409 when the system is off, 501 when the BMC does not support it. */
export async function interrupt(service: Service, system: Found): Promise<void> {
  const known = await mustBeOn(service, system, 'interrupt');
  const [type] = await offered(service, known, ['Nmi'], 'interrupt');
  const { refusal, lost } = await reset(service, known, type);
  if (refusal !== undefined) throw refusal;
  if (lost === undefined) return;
  const line = own('the NMI was sent once, and may have arrived');
  throw service.error(lost.code, ...lost.messages.map(own), line);
}

async function mustBeOn(service: Service, system: Found, to: string): Promise<Found> {
  const known = await withState(service, system);
  const state = powerState(known);
  if (state !== 'Off') return known;
  throw service.error(
    409,
    say`${foreignPath(system.uri)}: is ${foreign(state)}: there is nothing to ${own(to)} (poweron)`,
  );
}

/** Those of `types` that the BMC allows; the first one when it lists none. Throws ModelError 501. */
async function offered(
  service: Service,
  system: Found,
  types: readonly [string, ...string[]],
  to: string,
): Promise<[string, ...string[]]> {
  const allowed = await allowedTypes(service, system);
  if (allowed === undefined) return [types[0]];
  const [first, ...more] = types.filter((type) => allowed.includes(type));
  if (first !== undefined) return [first, ...more];
  throw service.error(501, say`cannot ${own(to)} ${foreignPath(system.uri)}: ${allowedText(allowed)}`);
}
