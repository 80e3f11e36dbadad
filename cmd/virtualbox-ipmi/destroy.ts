import { VBoxFailure } from './failure.ts';
import { cutPower } from './power.ts';
import type { Vm } from './vboxmanage.ts';

const LIMIT_MS = 120_000;

/** Removes a VM with its disk and all of its files. One that is gone is no failure. */
export async function destroyVm(vm: Vm): Promise<void> {
  if ((await vm.find()) === undefined) return;
  const { power } = await vm.settled();
  if (power !== 'off' && power !== 'saved') await cutPower(vm);
  try {
    // It stays locked for a moment after it went off.
    await vm.run('unregistervm', ['--delete'], { patient: true, timeLimitMs: LIMIT_MS });
  } catch (error) {
    if (!(error instanceof VBoxFailure) || error.kind !== 'unknown VM') throw error;
  }
}
