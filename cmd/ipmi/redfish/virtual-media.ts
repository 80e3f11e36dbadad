import { at, isResource, linkAt, listAt, type Resource, textAt, textsAt } from '../../../lib/https/index.ts';
import { refusal } from '../../../lib/ipmi/index.ts';
import { type Found, managersOf, refusedWith, type Service } from '../../../lib/redfish/index.ts';
import { type Params, textParam } from '../params.ts';

/** A drive for optical media: one whose MediaTypes have CD or DVD. */
type Drive = Found;

/** Protocols by the scheme of an image's URL (TransferProtocolType in the schema VirtualMedia). */
const PROTOCOLS: Readonly<Record<string, string>> = {
  http: 'HTTP',
  https: 'HTTPS',
  nfs: 'NFS',
  cifs: 'CIFS',
  smb: 'CIFS',
  ftp: 'FTP',
  sftp: 'SFTP',
  scp: 'SCP',
  tftp: 'TFTP',
};

/** What is in the drive: in the first that holds something, or else in the first. Null is what the BMC does not tell. */
export async function mediaStatus(
  service: Service,
  system: Found,
): Promise<{ Inserted: unknown; Image: unknown }> {
  const drives = await opticalDrives(service, system);
  const drive = drives.find(isLoaded) ?? drives[0];
  return { Inserted: at(drive?.resource, 'Inserted') ?? null, Image: at(drive?.resource, 'Image') ?? null };
}

/**
 * Puts an image into an optical drive, and returns the drive as it is then. Nothing is sent when it is in one already. When all
 * drives are full, the first is emptied; when a drive refuses (some are for uploads only), the next is tried. Throws
 * ModelError with what the BMC says of the first.
 */
export async function mount(service: Service, system: Found, params: Params): Promise<Drive> {
  const image = textParam(params, 'ipmi/virtual-media-url');
  if (image.trim() === '') throw refusal(400, 'ipmi/virtual-media-url: is empty');
  const drives = await opticalDrives(service, system);
  const holding = drives.find((drive) => isLoaded(drive) && textAt(drive.resource, 'Image') === image);
  if (holding !== undefined) return holding;
  const free = drives.filter((drive) => !isLoaded(drive));
  // Actions first: what has none is changed by PATCH, if at all.
  const byAction = free.filter((drive) => actionTarget(drive, 'Insert') !== undefined);
  const candidates = [...byAction, ...free.filter((drive) => !byAction.includes(drive))];
  const [full] = drives;
  if (candidates.length === 0 && full !== undefined) {
    await eject(service, full);
    candidates.push(full);
  }
  let first: unknown;
  for (const drive of candidates) {
    try {
      await insert(service, drive, image);
      return await service.get(drive.uri);
    } catch (error) {
      if (refusedWith(error) === undefined) throw error;
      first ??= error;
    }
  }
  throw first;
}

/** Empties all optical drives. Nothing is sent to one that is empty. */
export async function unmount(service: Service, system: Found): Promise<void> {
  for (const drive of (await opticalDrives(service, system)).filter(isLoaded)) await eject(service, drive);
}

/**
 * The optical drives of a system: its own, or else those of its managers, where they were before ComputerSystem 1.13.
 * Throws ModelError 501 when there are none.
 */
async function opticalDrives(service: Service, system: Found): Promise<Drive[]> {
  const own = linkAt(system.resource, 'VirtualMedia');
  const drives = own === undefined ? [] : (await service.members(own)).filter(isOptical);
  if (drives.length > 0) return drives;
  for (const manager of await managersOf(service, system)) {
    const link = linkAt(manager.resource, 'VirtualMedia');
    if (link !== undefined) drives.push(...(await service.members(link)).filter(isOptical));
  }
  if (drives.length > 0) return drives;
  throw service.error(501, `${system.uri}: has no virtual CD or DVD, and neither has its manager`);
}

function isOptical({ resource }: Found): boolean {
  return (textsAt(resource, 'MediaTypes') ?? []).some((type) => type === 'CD' || type === 'DVD');
}

/** Some BMCs keep telling the image that was ejected, so that it counts only where `Inserted` is not told. */
function isLoaded({ resource }: Drive): boolean {
  const inserted = at(resource, 'Inserted');
  return typeof inserted === 'boolean' ? inserted : Boolean(textAt(resource, 'Image'));
}

/** The standard action's URI, or that of HPE's iLO 4. */
function actionTarget({ resource }: Drive, verb: 'Insert' | 'Eject'): string | undefined {
  const standard = textAt(resource, 'Actions', `#VirtualMedia.${verb}Media`, 'target');
  return (
    standard ?? textAt(resource, 'Oem', 'Hp', 'Actions', `#HpiLOVirtualMedia.${verb}VirtualMedia`, 'target')
  );
}

async function insert(service: Service, drive: Drive, image: string): Promise<void> {
  const target = actionTarget(drive, 'Insert');
  if (target === undefined) {
    await service.patch(drive.uri, { Image: image, Inserted: true, WriteProtected: true });
    return;
  }
  const all: Resource = {
    Image: image,
    Inserted: true,
    WriteProtected: true,
    TransferMethod: 'Stream',
    TransferProtocolType: PROTOCOLS[/^([a-z]+):/i.exec(image)?.[1]?.toLowerCase() ?? ''],
  };
  const required = await requiredParameters(service, drive);
  const body = Object.fromEntries(
    Object.entries(all).filter(([name]) => name === 'Image' || required.includes(name)),
  );
  try {
    await service.post(target, body);
  } catch (error) {
    // What is optional by the schema is demanded by some services that do not say so before.
    const asksForMore =
      error instanceof Error && /Transfer(ProtocolType|Method)|ParameterMissing/.test(error.message);
    if (refusedWith(error) !== 400 || !asksForMore) throw error;
    await service.post(target, all);
  }
}

/** What the action info of InsertMedia says that a request must have. */
async function requiredParameters(service: Service, { resource }: Drive): Promise<string[]> {
  const info = textAt(resource, 'Actions', '#VirtualMedia.InsertMedia', '@Redfish.ActionInfo');
  if (info === undefined) return [];
  const parameters = listAt((await service.get(info)).resource, 'Parameters').filter(isResource);
  return parameters
    .filter((parameter) => parameter.Required === true)
    .map((parameter) => textAt(parameter, 'Name') ?? '');
}

async function eject(service: Service, drive: Drive): Promise<void> {
  const target = actionTarget(drive, 'Eject');
  if (target === undefined) await service.patch(drive.uri, { Image: null, Inserted: false });
  else await service.post(target, {});
}
