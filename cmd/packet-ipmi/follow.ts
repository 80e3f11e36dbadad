import { setTimeout as delay } from 'node:timers/promises';
import { failure } from './failure.ts';
import { CloudError, isStatus } from './metal/cloud-error.ts';
import { type Device, isOnItsWayOut, isReady } from './metal/device.ts';
import { OrderFailed } from './order-failed.ts';
import type { Setup } from './setup.ts';

/** An ordered device that is not ready. */
export interface Pending {
  id: string;
  /** When it was ordered, as `performance.now()`. */
  started: number;
  project: string;
}

/**
 * Polls a device until a machine can be made of it. Throws OrderFailed when that will never be possible, ModelError 404
 * or 504 when it is unknown.
 */
export async function follow(
  setup: Setup,
  { id, started, project }: Pending,
  signal: AbortSignal,
): Promise<Device> {
  const { cloud, settings } = setup;
  const deadline = started + settings.readyTimeoutMs;
  for (;;) {
    let device: Device | undefined;
    let trouble: CloudError | undefined;
    try {
      device = await cloud.device(id, signal);
    } catch (error) {
      if (!(error instanceof CloudError)) throw error;
      // The cloud removes a device that it could not provision. It used to answer 403 then.
      if (isStatus(error, 403, 404)) {
        // With the key of another account, all devices seem to be gone.
        if (!(await cloud.projects(signal)).some((other) => other.id === project)) {
          throw failure(404, `device ${id} is in project ${project}, which the key does not reach`);
        }
        throw new OrderFailed(failure(502, `device ${id} is gone: the cloud could not provision it`), id);
      }
      trouble = error;
    }
    if (device !== undefined && isReady(device)) return device;
    if (device !== undefined && isOnItsWayOut(device.state)) {
      throw new OrderFailed(failure(502, `device ${id} is ${device.state} at the cloud`), id);
    }
    if (performance.now() >= deadline) {
      const limit = `after ${settings.readyTimeoutMs / 1000} s (packet/ready-timeout)`;
      if (device !== undefined) {
        throw new OrderFailed(failure(504, `device ${id} is still ${device.state} ${limit}`), id);
      }
      throw failure(504, `device ${id} cannot be seen: ${trouble?.messages.join('; ')}`);
    }
    await delay(Math.max(settings.pollMs, trouble?.pauseMs ?? 0), undefined, { signal });
  }
}
