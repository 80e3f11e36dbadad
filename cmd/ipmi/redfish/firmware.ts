import { linkAt, type Resource } from '../../../lib/https/index.ts';
import { own } from '../../../lib/models/index.ts';
import { expandedMembers, type Found, rootLink, type Service } from '../../../lib/redfish/index.ts';
import { type Gap, membersOrGaps } from './inventory.ts';

/** The update service. Throws ModelError 501 when the BMC has none. */
export async function updateService(service: Service): Promise<Found> {
  const link = await rootLink(service, 'UpdateService');
  if (link === undefined) throw service.error(501, own('has no update service'));
  return service.get(link);
}

/** The installed firmware with versions. Throws ModelError 501 when the BMC has no inventory. */
export async function firmware(service: Service): Promise<(Resource | Gap)[]> {
  const link = linkAt((await updateService(service)).resource, 'FirmwareInventory');
  if (link === undefined) throw service.error(501, own('tells of no firmware'));
  return membersOrGaps(service, (await expandedMembers(service, link)).members);
}
