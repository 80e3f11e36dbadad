import { at, linkAt, textAt, textsAt } from '../../../lib/https/index.ts';
import { foreignPath, own, say } from '../../../lib/models/index.ts';
import { type Found, isFound, managersOf, type Service } from '../../../lib/redfish/index.ts';

/** A virtual drive for optical media. */
export type Drive = Found;

/**
 * The optical drives of a system, and what could not be read of them: its own, or else those of its managers, where
 * they were before ComputerSystem 1.13. Throws ModelError 501 when there is no virtual media.
 */
export async function opticalDrives(
  service: Service,
  system: Found,
): Promise<{ drives: Drive[]; warnings: string[] }> {
  const warnings: string[] = [];
  const drives = await drivesAt(service, linkAt(system.resource, 'VirtualMedia'), warnings);
  if (drives.length > 0) return { drives, warnings };
  for (const manager of await managersOf(service, system)) {
    drives.push(...(await drivesAt(service, linkAt(manager.resource, 'VirtualMedia'), warnings)));
  }
  if (drives.length > 0) return { drives, warnings };
  throw service.error(
    501,
    say`${foreignPath(system.uri)}: has no virtual CD or DVD, and neither has its manager`,
    ...warnings.map(own),
  );
}

async function drivesAt(service: Service, link: string | undefined, warnings: string[]): Promise<Drive[]> {
  if (link === undefined) return [];
  const members = await service.members(link);
  for (const member of members) {
    if (isFound(member)) continue;
    service.warn(say`${foreignPath(member.uri)}: cannot be read`);
    warnings.push(member.error.messages.join('; '));
  }
  const found = members.filter(isFound);
  const told = found.filter((drive) => mediaTypes(drive).length > 0);
  const optical = found.filter(isOptical);
  // When no drive tells its media types and none has CD in its name, all but floppies are candidates.
  return optical.length > 0 || told.length > 0 ? optical : found.filter((drive) => !isFloppy(drive));
}

function mediaTypes({ resource }: Drive): string[] {
  return textsAt(resource, 'MediaTypes') ?? [];
}

function isOptical(drive: Drive): boolean {
  const types = mediaTypes(drive);
  if (types.length > 0) return types.some((type) => /\b(cd|dvd)\b/i.test(type));
  return /(^|[^a-z])(cd|dvd|optical)/i.test(nameOf(drive));
}

function isFloppy(drive: Drive): boolean {
  return /floppy|usb|removable/i.test(nameOf(drive));
}

function nameOf({ uri, resource }: Drive): string {
  return [textAt(resource, 'Id'), textAt(resource, 'Name'), uri.split('/').at(-1)].join(' ');
}

/**
 * Whether the drive holds media. Some BMCs keep showing the ejected image, so that is used only when neither `Inserted`
 * nor `ConnectedVia` are there (Supermicro: ansible-collections/community.general 6969).
 */
export function isLoaded({ resource }: Drive): boolean {
  const inserted = at(resource, 'Inserted');
  if (typeof inserted === 'boolean') return inserted;
  if (textAt(resource, 'ConnectedVia') === 'NotConnected') return false;
  return Boolean(textAt(resource, 'Image'));
}

/** Whether the drive shows exactly this image. */
export function showsImage({ resource }: Drive, image: string): boolean {
  const told = textAt(resource, 'Image');
  return told === image || (told !== undefined && withoutUser(told) === withoutUser(image));
}

/** Whether the drive may hold this image: BMCs rewrite its URL, show only the file name, or show nothing. */
export function mayHoldImage({ resource }: Drive, image: string): boolean {
  const told = textAt(resource, 'Image') || textAt(resource, 'ImageName');
  return told === undefined || told === '' || fileName(told) === fileName(image);
}

function withoutUser(address: string): string {
  return address.replace(/^([a-z]{1,10}:\/\/)[^/@]*@/i, '$1');
}

function fileName(address: string): string {
  const name = address.split(/[?#]/)[0]?.split(/[\\/]/).at(-1) ?? '';
  try {
    return decodeURIComponent(name).toLowerCase();
  } catch {
    return name.toLowerCase();
  }
}

/**
 * URI of the standard action, or of iLO 4's. Some BMCs offer it only while the drive is full, or only while it is
 * empty.
 */
export function actionTarget({ resource }: Drive, verb: 'Insert' | 'Eject'): string | undefined {
  const standard = textAt(resource, 'Actions', `#VirtualMedia.${verb}Media`, 'target');
  return (
    standard ?? textAt(resource, 'Oem', 'Hp', 'Actions', `#HpiLOVirtualMedia.${verb}VirtualMedia`, 'target')
  );
}
