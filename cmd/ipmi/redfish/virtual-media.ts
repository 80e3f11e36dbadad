import { at, type Resource } from '../../../lib/https/index.ts';
import { foreignPath, ModelError, own, refusal, say } from '../../../lib/models/index.ts';
import type { Found, Service } from '../../../lib/redfish/index.ts';
import { choiceParam, type Params, textParam } from '../params.ts';
import { actionTarget, type Drive, isLoaded, opticalDrives, showsImage } from './drives.ts';
import { eject } from './eject.ts';
import { insert, type Media } from './insert.ts';

/** TransferProtocolType (schema VirtualMedia) by the scheme of an image's URL. */
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

export interface MediaStatus {
  Inserted: unknown;
  Image: unknown;
  /** What could not be read; absent when everything was. */
  Warnings?: string[];
}

/** The content of the first drive that holds media, or else the first drive. Null means that the BMC does not tell. */
export async function mediaStatus(service: Service, system: Found): Promise<MediaStatus> {
  const { drives, warnings } = await opticalDrives(service, system);
  const drive = drives.find(isLoaded) ?? drives[0];
  return {
    Inserted: at(drive?.resource, 'Inserted') ?? null,
    Image: at(drive?.resource, 'Image') ?? null,
    ...(warnings.length === 0 ? {} : { Warnings: warnings }),
  };
}

/**
 * Inserts an image into an optical drive, and returns the drive once the image is in it. Nothing is sent when a drive
 * holds it. When all drives are full, the first is emptied; when a drive refuses it (some are for uploads only), the
 * next is tried. Throws ModelError with the BMC's message about the first drive.
 */
export async function mount(service: Service, system: Found, params: Params): Promise<Drive> {
  const media = mediaOf(params);
  const { drives } = await opticalDrives(service, system);
  const holding = drives.find((drive) => isLoaded(drive) && showsImage(drive, media.image));
  if (holding !== undefined) return holding;
  const free = drives.filter((drive) => !isLoaded(drive));
  // Drives with an action first: others can be changed by PATCH at best.
  const byAction = free.filter((drive) => actionTarget(drive, 'Insert') !== undefined);
  const candidates = [...byAction, ...free.filter((drive) => !byAction.includes(drive))];
  const [full] = drives;
  if (candidates.length === 0 && full !== undefined) candidates.push(await eject(service, full));
  let first: unknown;
  for (const drive of candidates) {
    try {
      return await insert(service, drive, media);
    } catch (error) {
      service.signal.throwIfAborted();
      // Missing rights apply to all drives.
      if (!(error instanceof ModelError) || error.code === 403) throw error;
      first ??= error;
    }
  }
  throw first;
}

function mediaOf(params: Params): Media {
  const image = textParam(params, 'ipmi/virtual-media-url');
  if (image.trim() === '') throw refusal(400, 'ipmi/virtual-media-url: is empty');
  const user = optionalText(params, 'ipmi/virtual-media-username');
  const password = optionalText(params, 'ipmi/virtual-media-password');
  const chosen =
    params['ipmi/virtual-media-transfer-protocol'] === undefined
      ? undefined
      : choiceParam(params, 'ipmi/virtual-media-transfer-protocol', TRANSFER_PROTOCOLS);
  const set = {
    ...(user === '' ? {} : { UserName: user }),
    ...(password === '' ? {} : { Password: password }),
    ...(chosen === undefined ? {} : { TransferProtocolType: chosen }),
  };
  const scheme = /^([a-z]{1,10}):/i.exec(image)?.[1]?.toLowerCase() ?? '';
  const protocol = chosen ?? PROTOCOLS[scheme];
  const known: Resource = {
    Inserted: true,
    WriteProtected: true,
    TransferMethod: 'Stream',
    ...(protocol === undefined ? {} : { TransferProtocolType: protocol }),
    // Some BMCs demand them even for images that need no login.
    UserName: user,
    Password: password,
  };
  return { image, set, known };
}

/** TransferProtocolType in the schema VirtualMedia. */
const TRANSFER_PROTOCOLS = ['CIFS', 'FTP', 'SFTP', 'HTTP', 'HTTPS', 'NFS', 'SCP', 'TFTP', 'OEM'] as const;

function optionalText(
  params: Params,
  name: 'ipmi/virtual-media-username' | 'ipmi/virtual-media-password',
): string {
  return params[name] === undefined ? '' : textParam(params, name);
}

/**
 * Empties all optical drives, even those that show no media. Throws ModelError when one of them still holds media
 * afterwards.
 */
export async function unmount(service: Service, system: Found): Promise<void> {
  const { drives, warnings } = await opticalDrives(service, system);
  let failed: ModelError | undefined;
  for (const drive of drives) {
    try {
      await eject(service, drive);
    } catch (error) {
      service.signal.throwIfAborted();
      if (!(error instanceof ModelError)) throw error;
      failed ??= error;
      service.warn(say`${foreignPath(drive.uri)}: ${own(error.messages.join('; '))}`);
    }
  }
  if (failed !== undefined) throw failed;
  for (const warning of warnings) service.warn(own(warning));
}
