import type { Cloud } from './metal/cloud.ts';
import { isStatus } from './metal/cloud-error.ts';

/** States in which the power action is not needed. */
const DONE = {
  power_on: ['active', 'powering_on'],
  power_off: ['inactive', 'powering_off'],
} as const;

/** Switches a device on or off. The cloud's refusal of a state that it has already counts as success. */
export async function setPower(
  cloud: Cloud,
  device: string,
  action: keyof typeof DONE,
  signal: AbortSignal,
): Promise<'Success'> {
  try {
    await cloud.act(device, action, signal);
  } catch (error) {
    if (!isStatus(error, 422)) throw error;
    const { state } = await cloud.device(device, signal);
    if (!DONE[action].some((done) => done === state)) throw error;
  }
  return 'Success';
}

export async function reboot(cloud: Cloud, device: string, signal: AbortSignal): Promise<'Success'> {
  await cloud.act(device, 'reboot', signal);
  return 'Success';
}
