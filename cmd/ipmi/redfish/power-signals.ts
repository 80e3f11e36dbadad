import { foreign, foreignPath, own, say } from '../../../lib/models/index.ts';
import type { Found, Service } from '../../../lib/redfish/index.ts';
import { afterLoss, powerState, settled, withState } from './power-state.ts';
import { allowedText, allowedTypes, reset, restart } from './reset.ts';

/**
 * Resets a system without a loss of power, and returns the PowerState that it is in then. Throws ModelError: 409 when it
 * is off, 501 when the BMC has no such reset.
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
 * Asks the operating system to switch off, as a short push of the power button does, and returns the PowerState: `Off`,
 * or with `seconds` 0 that of right after. Nothing is sent when it is off. Throws ModelError: 501 when the BMC cannot ask,
 * 504 when the system is not off in time.
 */
export async function shutDown(service: Service, system: Found, seconds: number): Promise<string> {
  const known = await withState(service, system);
  if (powerState(known) === 'Off') return 'Off';
  const types = await offered(service, known, ['GracefulShutdown', 'PushPowerButton'], 'shut down');
  for (const [index, type] of types.entries()) {
    const { refusal, lost } = await reset(service, known, type);
    if (refusal !== undefined && index < types.length - 1) continue;
    if (refusal !== undefined) throw refusal;
    if (lost !== undefined && !(await afterLoss(service, known, seconds)).isOther) throw lost;
    const advice = own(
      'the operating system may still be at it (ipmi/wait-for-power), or not listen; poweroff does not ask it',
    );
    return settled(service, known, { wanted: 'Off', seconds, cause: type, advice });
  }
  return powerState(known);
}

/** Sends an NMI, once. Throws ModelError: 409 when the system is off, 501 when the BMC cannot. */
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

/** Those of `types` that the BMC allows, or the first one where it does not tell. Throws ModelError 501. */
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
