import type { Machine } from '../../lib/api/index.ts';
import { follow } from './follow.ts';
import { type Intent, projectFor, recordIntent } from './intent.ts';
import { changeMachine, DEVICE, ORDER_STARTED, withDeviceData } from './machine.ts';
import { OrderDesk } from './order-desk.ts';
import type { Setup } from './setup.ts';

/**
 * Provides a device for a machine: records in its params that an order begins, orders the device, records its UUID,
 * polls it until it is ready, and stores its data in the machine. Steps of an earlier process are not repeated, so it
 * may end at any point. Returns the device's UUID; undefined when the machine does not belong to this plugin.
 *
 * Throws OrderFailed; the endpoint's ModelError, 404 when the machine is deleted; 504 when the outcome is unknown.
 * `signal` ends it, except while the cloud accepts an order: that answer is awaited and recorded.
 */
export async function orderDevice(
  setup: Setup,
  machine: string,
  signal: AbortSignal,
): Promise<string | undefined> {
  const intent = await setup.gate.run(() => recordIntent(setup, machine, signal));
  if (intent === undefined || typeof intent === 'string') return intent;
  const { id, started } = await placeOrder(setup, machine, intent, signal);
  const device = await follow(setup, { id, started, project: projectFor(setup, intent.params) }, signal);
  const finish = (found: Readonly<Machine>): Machine => {
    const ready = withDeviceData(found, device);
    const Params = Object.entries(ready.Params ?? {}).filter(([param]) => param !== ORDER_STARTED);
    // A name that was changed meanwhile is kept.
    const Name = found.Name === intent.name ? ready.Name : found.Name;
    return { ...ready, Name, Params: Object.fromEntries(Params) };
  };
  await setup.gate.run(() => changeMachine(setup, machine, finish, signal));
  setup.log.info(`Machine ${intent.name} (${machine}) is device ${id}`);
  return id;
}

/** Orders the device unless that has been done, and records its UUID. */
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
  // Not aborted, since later work depends on this record.
  await gate.run(() => ledger.put(machine, device.id, setup.signal));
  signal.throwIfAborted();
  await gate.run(() => api.params('machines', machine).set(DEVICE, device.id, { signal }));
  return { id: device.id, started };
}
