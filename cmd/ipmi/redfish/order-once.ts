import { type Resource, timeoutOf, wasCutOff } from '../../../lib/https/index.ts';
import { ModelError } from '../../../lib/models/index.ts';
import { refusedWith, type Service } from '../../../lib/redfish/index.ts';

/** Statuses after which another body may be tried, since the BMC did not understand this one. */
const NOT_UNDERSTOOD = new Set([400, 415, 422]);

/**
 * Calls an action once, with the first of these bodies that the BMC understands. Returns the error when the answer was
 * lost or reports an internal error: the action may have been carried out. Throws ModelError when it was not.
 */
export async function orderOnce(
  service: Service,
  target: string,
  bodies: readonly Resource[],
): Promise<ModelError | undefined> {
  let first: unknown;
  for (const body of bodies) {
    try {
      await service.post(target, body, { effect: 'once' });
      return undefined;
    } catch (error) {
      service.signal.throwIfAborted();
      if (!(error instanceof ModelError)) throw error;
      const status = refusedWith(error)?.status;
      const isLost =
        status === undefined
          ? wasCutOff(error) || timeoutOf(error) === 'request'
          : status >= 500 && status !== 501;
      if (isLost) return error;
      first ??= error;
      if (status === undefined || !NOT_UNDERSTOOD.has(status)) throw first;
    }
  }
  throw first;
}
