import { VBoxFailure } from './failure.ts';
import { cutPower } from './power.ts';
import type { Vm } from './vboxmanage.ts';

const LIMIT_MS = 120_000;

/** Removes a VM with its disk and all files. A missing VM is not an error. */
export async function destroyVm(vm: Vm): Promise<void> {
  if ((await vm.find()) === undefined) return;
  const { power } = await vm.settled();
  if (power !== 'off' && power !== 'saved') await cutPower(vm);
  try {
    // A VM stays locked for a moment after it was switched off.
    await vm.run('unregistervm', ['--delete'], { patient: true, timeLimitMs: LIMIT_MS });
  } catch (error) {
    if (!(error instanceof VBoxFailure) || error.kind !== 'unknown VM') throw error;
  }
}
