import { at, isResource, textAt } from '../../../lib/https/index.ts';
import { type Found, managersOf, refusedWith, type Service } from '../../../lib/redfish/index.ts';
import { overrideBoot } from './boot.ts';

/**
 * Boots the system from the virtual optical drive at its next start. Uses HPE's property of the drive, or Dell's import
 * of a configuration, where the BMC has it (their standard `Cd` is the physical drive), or else the standard boot
 * source override. Throws ModelError.
 */
export async function bootFromMedia(service: Service, system: Found, drive: Found): Promise<void> {
  for (const vendor of ['Hpe', 'Hp']) {
    const now = at(drive.resource, 'Oem', vendor, 'BootOnNextServerReset');
    if (now === undefined) continue;
    if (now === true || (await bootsByDrive(service, drive, vendor))) return;
  }
  for (const manager of await managersOf(service, system)) {
    const target = importTarget(manager);
    if (target === undefined) continue;
    await service.post(target, dellBootOnce(manager), { effect: 'once' });
    return;
  }
  await overrideBoot(service, system, { span: 'Once', device: 'VirtualCd', mode: undefined });
}

/** Sets the drive's own property. Returns whether it is set afterwards. */
async function bootsByDrive(service: Service, drive: Found, vendor: string): Promise<boolean> {
  try {
    await service.patch(drive.uri, { Oem: { [vendor]: { BootOnNextServerReset: true } } });
  } catch (error) {
    if (refusedWith(error) === undefined) throw error;
    return false;
  }
  const { resource } = await service.get(drive.uri);
  return at(resource, 'Oem', vendor, 'BootOnNextServerReset') === true;
}

/** URI of the action of an iDRAC, whose name has had several prefixes. */
function importTarget({ resource }: Found): string | undefined {
  const actions = at(resource, 'Actions', 'Oem');
  if (!isResource(actions)) return undefined;
  const name = Object.keys(actions).find((key) => key.endsWith('.ImportSystemConfiguration'));
  return name === undefined ? undefined : textAt(actions, name, 'target');
}

/** The iDRAC's job fails when there is white space between the elements. */
function dellBootOnce({ resource }: Found): { ShareParameters: { Target: string }; ImportBuffer: string } {
  const id = textAt(resource, 'Id') ?? '';
  const component = /^[\w.-]+$/.test(id) ? id : 'iDRAC.Embedded.1';
  const attributes = [
    ['ServerBoot.1#BootOnce', 'Enabled'],
    ['ServerBoot.1#FirstBootDevice', 'VCD-DVD'],
  ].map(([name, value]) => `<Attribute Name="${name}">${value}</Attribute>`);
  return {
    ShareParameters: { Target: 'ALL' },
    ImportBuffer: `<SystemConfiguration><Component FQDD="${component}">${attributes.join('')}</Component></SystemConfiguration>`,
  };
}
