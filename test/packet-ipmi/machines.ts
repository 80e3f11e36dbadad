import type { Client, Machine } from '../../lib/api/index.ts';
import { ModelError } from '../../lib/models/index.ts';
import { until } from '../support/until.ts';

/** The machine; undefined when it is deleted. */
export async function findMachine(api: Client, uuid: string): Promise<Machine | undefined> {
  try {
    return await api.objects('machines').get(uuid);
  } catch (error) {
    if (error instanceof ModelError && error.code === 404) return undefined;
    throw error;
  }
}

/** Waits until the machine has a device that is ready. `log` is added to the error after the time limit. */
export async function readyMachine(api: Client, uuid: string, log: readonly string[] = []): Promise<Machine> {
  let machine: Machine | undefined;
  await until(
    async () => {
      machine = await findMachine(api, uuid);
      const params = machine?.Params ?? {};
      return 'packet/uuid' in params && !('packet/order-started' in params);
    },
    [`machine ${uuid} to be a device`, ...log].join('\n'),
  );
  if (machine === undefined) throw new Error('no machine');
  return machine;
}
