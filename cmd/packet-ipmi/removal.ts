import { setTimeout as delay } from 'node:timers/promises';
import { tagOf } from './machine.ts';
import { CloudError } from './metal/cloud-error.ts';
import { machinesByDevice } from './own-machines.ts';
import type { Setup } from './setup.ts';

/**
 * Deletes a device if it exists. The cloud refuses that while it provisions the device, so it is repeated. Throws
 * CloudError when it does not succeed within the time that a device may take to become ready.
 */
export async function removeDevice(setup: Setup, id: string, signal: AbortSignal): Promise<void> {
  const { cloud, settings, log } = setup;
  const deadline = performance.now() + settings.readyTimeoutMs;
  for (let tries = 1; ; tries += 1) {
    try {
      return await cloud.remove(id, signal);
    } catch (error) {
      if (!(error instanceof CloudError) || performance.now() >= deadline) throw error;
      if (!error.transient && error.status !== 422) throw error;
      if (tries === 1) log.info(`Device ${id} cannot be deleted yet: ${error.messages.join('; ')}`);
      await delay(Math.max(settings.pollMs, error.pauseMs), undefined, { signal });
    }
  }
}

/**
 * Deletes the device of a deleted machine: `known`, or the one in the ledger or, when the machine was deleted during
 * the order, the one with its tag. A device that another machine has as well is kept. Then removes the machine from the
 * ledger.
 */
export async function removeDeviceOf(
  setup: Setup,
  machine: string,
  known: string | undefined,
  signal: AbortSignal,
): Promise<void> {
  const { ledger, gate, log } = setup;
  const recorded = await gate.run(() => ledger.get(machine, signal));
  const id = known || recorded || (recorded === '' ? await lookFor(setup, machine, signal) : undefined);
  if (id !== undefined) {
    const machines = await gate.run(() => machinesByDevice(setup, id, signal));
    const other = machines.find(({ Uuid }) => Uuid !== machine);
    if (other === undefined) {
      await removeDevice(setup, id, signal);
      log.info(`Device ${id} is deleted, as its machine ${machine} was`);
    } else log.warn(`Device ${id} stays: it is that of machine ${other.Name}, too`);
  }
  await gate.run(() => ledger.drop(machine, signal));
}

/** Looks for a device until an order in progress must have appeared. */
async function lookFor(setup: Setup, machine: string, signal: AbortSignal): Promise<string | undefined> {
  const { cloud, settings } = setup;
  const end = performance.now() + settings.settleMs;
  for (;;) {
    for (const { id: project } of await cloud.projects(signal)) {
      const [device] = await cloud.devices(project, signal, tagOf(machine));
      if (device !== undefined) return device.id;
    }
    if (performance.now() >= end) return undefined;
    await delay(settings.pollMs, undefined, { signal });
  }
}
