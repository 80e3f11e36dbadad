import type { Machine } from '../../lib/api/index.ts';
import { follow } from './follow.ts';
import { type Intent, intend, projectFor } from './intent.ts';
import { changeMachine, DEVICE, described, ORDER_STARTED } from './machine.ts';
import { OrderDesk } from './order-desk.ts';
import type { Setup } from './setup.ts';

/**
 * Makes a device of a machine: records in its params that it is about to, orders the device, records its UUID, follows
 * it until it is ready, and writes what it is to the machine. What an earlier process has done of this is not done
 * again, so that it may end anywhere. Returns the UUID of the device; undefined when the machine is not for this
 * plugin.
 *
 * Throws OrderFailed; the endpoint's ModelError, 404 when the machine is gone; 504 when it is not known what became of
 * it. `signal` ends it, but not while the cloud takes the order: its answer is awaited and recorded.
 */
export async function orderDevice(
  setup: Setup,
  machine: string,
  signal: AbortSignal,
): Promise<string | undefined> {
  const intent = await setup.gate.run(() => intend(setup, machine, signal));
  if (intent === undefined || typeof intent === 'string') return intent;
  const { id, started } = await placeOrder(setup, machine, intent, signal);
  const device = await follow(setup, { id, started, project: projectFor(setup, intent.params) }, signal);
  const finish = (found: Readonly<Machine>): Machine => {
    const ready = described(found, device);
    const Params = Object.entries(ready.Params ?? {}).filter(([param]) => param !== ORDER_STARTED);
    // Who renamed it while it was on its way wants it so.
    const Name = found.Name === intent.name ? ready.Name : found.Name;
    return { ...ready, Name, Params: Object.fromEntries(Params) };
  };
  await setup.gate.run(() => changeMachine(setup, machine, finish, signal));
  setup.log.info(`Machine ${intent.name} (${machine}) is device ${id}`);
  return id;
}

/** Orders the device, unless it is ordered already, and records which it is. */
async function placeOrder(
  setup: Setup,
  machine: string,
  intent: Intent,
  signal: AbortSignal,
): Promise<{ id: string; started: number }> {
  if (intent.device !== undefined) return { id: intent.device, started: intent.started };
  const { api, ledger, gate, log } = setup;
  const { device, started } = await new OrderDesk(setup, machine, intent, signal).device();
  log.info(`Device ${device.id} is ordered for machine ${intent.name} (${machine})`);
  // Not to be broken off: whoever comes after has to know of it.
  await gate.run(() => ledger.put(machine, device.id, setup.signal));
  signal.throwIfAborted();
  await gate.run(() => api.params('machines', machine).set(DEVICE, device.id, { signal }));
  return { id: device.id, started };
}
