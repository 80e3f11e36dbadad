import { foreignPath, ModelError, own, say } from '../../../lib/models/index.ts';
import { refusedWith, type Service } from '../../../lib/redfish/index.ts';
import { actionTarget, type Drive, isLoaded } from './drives.ts';

/** How often to read a drive until it is empty. */
const LOOKS = 5;

/**
 * Empties a drive, even one that shows no media, since media may be stuck unseen. Returns the drive afterwards. Throws
 * ModelError when media is still in it.
 */
export async function eject(service: Service, drive: Drive): Promise<Drive> {
  const refused = await tryEject(service, drive);
  let found = await service.get(drive.uri);
  // The available actions may change with the drive's state.
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
 * Ejects by the action, or else by PATCH. Returns a refusal instead of throwing it: some refuse to eject an empty drive
 * (bmc-toolbox/bmclib 406 and 410), so the drive's state decides.
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
