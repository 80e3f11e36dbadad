import { at, type Resource, textAt, textsAt } from '../../../lib/https/index.ts';
import { foreignPath, own, say } from '../../../lib/models/index.ts';
import { exchange, type Found, managersOf, ROOT, type Service } from '../../../lib/redfish/index.ts';
import { untilRestarted } from '../bmc-restart.ts';
import { orderOnce } from './order-once.ts';

/** Reset types of a manager in order of preference (schema Manager, Reset). */
const TYPES = ['GracefulRestart', 'ForceRestart'];

/**
 * Restarts the BMC of a system. Waits up to `seconds` (0: not at all) until it has stopped answering and answers again.
 * The system itself keeps running. Throws ModelError: 501 when the BMC has no such action, 504 when it does not come
 * back.
 */
export async function resetManager(service: Service, system: Found, seconds: number): Promise<void> {
  const managers = await managersOf(service, system);
  const able = managers.filter((one) => targetOf(one) !== undefined);
  const manager = able.find(({ resource }) => textAt(resource, 'ManagerType') === 'BMC') ?? able[0];
  const target = manager === undefined ? undefined : targetOf(manager);
  if (manager === undefined || target === undefined) {
    throw service.error(501, say`${foreignPath(system.uri)}: its manager has no action Manager.Reset`);
  }
  // A restarting BMC may not answer, so a lost answer is ignored.
  await orderOnce(service, target, bodiesFor(manager.resource));
  if (seconds === 0) return;
  await untilRestarted({
    bmc: service.name,
    ask: () => answers(service),
    signal: service.signal,
    pollMs: service.pace.pollMs,
    seconds,
    warn: (message) => service.warn(own(message.replace(`BMC ${service.name}: `, ''))),
  });
}

function targetOf({ resource }: Found): string | undefined {
  return textAt(resource, 'Actions', '#Manager.Reset', 'target');
}

/** Bodies to try. A manager that lists no reset types may accept none. */
function bodiesFor(manager: Resource): Resource[] {
  const told = textsAt(at(manager, 'Actions', '#Manager.Reset'), 'ResetType@Redfish.AllowableValues') ?? [];
  const types = told.length === 0 ? TYPES : TYPES.filter((type) => told.includes(type));
  return [...types.map((type) => ({ ResetType: type })), {}];
}

/** Reads the root without credentials: a restarting BMC may refuse valid logins, and then lock the account. */
async function answers(service: Service): Promise<void> {
  const { status } = await exchange(service.connection, { method: 'GET', uri: ROOT }, service.signal);
  if (status >= 500) throw service.error(503, say`answers with status ${status}`);
}
