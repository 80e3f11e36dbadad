import { foreignPath, ModelError, own, say } from '../../../lib/models/index.ts';
import { refusedWith, type Service } from '../../../lib/redfish/index.ts';
import { actionTarget, type Drive, isLoaded } from './drives.ts';

/** How often a drive is looked at until it is empty. */
const LOOKS = 5;

/**
 * Empties a drive, also one that says that it is empty: what is stuck in it may not be told. Returns the drive as it is
 * then. Throws ModelError when something is still in it.
 */
export async function eject(service: Service, drive: Drive): Promise<Drive> {
  const refused = await tryEject(service, drive);
  let found = await service.get(drive.uri);
  // What can be done may change with what is in it.
  if (isLoaded(found) && refused !== undefined) {
    await tryEject(service, found);
    found = await service.get(drive.uri);
  }
  for (let look = 1; isLoaded(found) && look < LOOKS; look++) {
    await service.pause();
    found = await service.get(drive.uri);
  }
  if (!isLoaded(found)) return found;
  const what = say`${foreignPath(drive.uri)}: is not empty after it was ejected`;
  throw service.error(refused?.code ?? 502, what, ...(refused?.messages ?? []).map(own));
}

/**
 * By its action, or else by PATCH. Some refuse to eject nothing (bmc-toolbox/bmclib 406 and 410), so that a refusal is
 * returned and not thrown: what counts is whether the drive is empty.
 */
async function tryEject(service: Service, drive: Drive): Promise<ModelError | undefined> {
  const target = actionTarget(drive, 'Eject');
  if (target === undefined && !isLoaded(drive)) return undefined;
  try {
    if (target === undefined) await service.patch(drive.uri, { Image: null, Inserted: false });
    else await service.post(target, {}, { effect: 'repeatable' });
    return undefined;
  } catch (error) {
    service.signal.throwIfAborted();
    if (!(error instanceof ModelError) || refusedWith(error) === undefined) throw error;
    return error;
  }
}
