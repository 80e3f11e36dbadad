import { at, linkAt, type Resource, textAt, textsAt } from '../../../lib/https/index.ts';
import { foreign, foreignPath, joined, ModelError, own, refusal, say } from '../../../lib/models/index.ts';
import {
  type Done,
  expandedMembers,
  expandQuery,
  type Found,
  type Incoming,
  isFound,
  messagesIn,
  multipart,
  Patience,
  refusedWith,
  rootLink,
  type Sending,
  type Service,
} from '../../../lib/redfish/index.ts';
import type { Request } from '../driver.ts';
import { updateService } from './firmware.ts';
import { type FirmwareWish, firmwareWish, localImage } from './firmware-image.ts';
import { correctedBody } from './parameters.ts';

/** The result of an update. */
export interface FirmwareUpdate {
  /**
   * Firmware with a new version. Absent when versions could not be read afterwards, and when the update was not waited
   * for.
   */
  Updated?: { Id: string; Name: string; From: string; To: string }[];
  /** What is pending until the next start of the machine. */
  Pending?: string;
  /** Other observations. */
  Warnings?: string[];
}

/** Firmware versions and names by Id. */
type Versions = ReadonlyMap<string, { name: string; version: string }>;

/** How long a BMC may not answer during an update, which may update the BMC itself. */
const AWAY_MS = 900_000;
/** Minimum time limit for the upload, when its installation is not waited for. */
const LEAST_UPLOAD_MS = 600_000;
/** How many of the latest tasks are checked at services that do not expand the list. */
const LATEST_TASKS = 16;
const RUNNING = new Set(['New', 'Starting', 'Running', 'Downloading', 'Downloaded', 'Stopping']);
const IS_UPDATE = /firmware|update(service)?\b|simpleupdate/i;

/**
 * Has a BMC install firmware from a URL or from an endpoint's file, and follows the task to its end with progress in
 * the log. Throws ModelError: 400 for params, 409 while another update runs, 501 when the BMC does not support it, 502
 * when it fails, and 504 after the time limit: then it may still go on.
 */
export async function updateFirmware(
  service: Service,
  { params, downloadFile }: Pick<Request, 'params' | 'downloadFile'>,
): Promise<FirmwareUpdate> {
  const wish = firmwareWish(params);
  const updates = await updateService(service);
  if (at(updates.resource, 'ServiceEnabled') === false) {
    throw service.error(409, say`${foreignPath(updates.uri)}: is disabled`);
  }
  await mustBeIdle(service, updates);
  const before = await versions(service, updates);
  const targets = wish.targets.map((target) => targetUri(updates, target));
  const sending = sendingOf(service, wish);
  const done = await install(service, updates, { ...wish, targets }, { sending, downloadFile }).catch(
    (error: unknown) => {
      if (!(error instanceof ModelError) || error.code !== 504) throw error;
      const line = 'the BMC may go on with it: see getFirmware later (ipmi/firmware-time)';
      throw refusal(504, [...error.messages, line], error.cause);
    },
  );
  if (wish.seconds === 0) return {};
  await untilInstalled(service, updates, wish.seconds);
  return outcome(service, updates, before, done);
}

/**
 * Waits for an iLO 5: its update service makes no task but shows the progress itself (HpeiLOUpdateServiceExt: State,
 * FlashProgressPercent, Result).
 */
async function untilInstalled(service: Service, { uri, resource }: Found, seconds: number): Promise<void> {
  if (at(resource, 'Oem', 'Hpe', 'State') === undefined) return;
  const end = performance.now() + seconds * 1000;
  for (let last = ''; ; ) {
    const { resource: now } = await service.get(uri, {
      patience: new Patience(AWAY_MS, 'ipmi/firmware-time'),
    });
    const state = textAt(now, 'Oem', 'Hpe', 'State') ?? '';
    const percent = at(now, 'Oem', 'Hpe', 'FlashProgressPercent');
    const told = typeof percent === 'number' ? `${percent} %` : '';
    if (`${told} ${state}` !== last) service.info(say`firmware update: ${own(told)} ${foreign(state)}`);
    last = `${told} ${state}`;
    if (/error|fail/i.test(state)) {
      const result = textAt(now, 'Oem', 'Hpe', 'Result', 'MessageId') ?? state;
      throw service.error(502, say`${foreignPath(uri)}: the update has failed: ${foreign(result)}`);
    }
    if (!HPE_BUSY.test(state)) return;
    if (performance.now() >= end) {
      throw service.error(
        504,
        say`${foreignPath(uri)}: the update has not ended after ${seconds} s: it is ${foreign(state)}`,
        own('the BMC goes on with it: see getFirmware later (ipmi/firmware-time)'),
      );
    }
    await service.pause();
  }
}

async function install(
  service: Service,
  updates: Found,
  wish: FirmwareWish,
  { sending, downloadFile }: { sending: Sending; downloadFile: Request['downloadFile'] },
): Promise<Done> {
  if ('url' in wish.image) return fromUrl(service, updates, { ...wish, url: wish.image.url }, sending);
  if (downloadFile === undefined) {
    throw refusal(501, 'ipmi/firmware-file: there is no endpoint to read it from');
  }
  await using image = await localImage(wish.image.file, downloadFile);
  service.info(say`sends ${own(image.name)}, ${image.content.length} bytes`);
  return await fromFile(service, updates, { ...wish, image }, sending);
}

/** The URI for an Id of the firmware inventory; other targets are URIs already. */
function targetUri({ resource }: Found, target: string): string {
  if (target.startsWith('/')) return target;
  const inventory = linkAt(resource, 'FirmwareInventory') ?? '';
  return `${inventory.replace(/\/$/, '')}/${encodeURIComponent(target)}`;
}

/** Busy states of HPE's update service. */
const HPE_BUSY = /^(Uploading|Verifying|Writing|Updating)$/i;

/** Throws ModelError 409 when another update is in progress. */
async function mustBeIdle(service: Service, { uri, resource }: Found): Promise<void> {
  const state = textAt(resource, 'Oem', 'Hpe', 'State') ?? '';
  const isBusy =
    at(resource, 'HttpPushUriTargetsBusy') === true ||
    HPE_BUSY.test(state) ||
    textAt(resource, 'Status', 'State') === 'Updating';
  if (isBusy) throw busy(service, say`${foreignPath(uri)}: an update is under way`);
  const link = await rootLink(service, 'Tasks');
  const [tasks] = link === undefined ? [] : await service.getEach([link]);
  const list = tasks !== undefined && isFound(tasks) ? linkAt(tasks.resource, 'Tasks') : undefined;
  if (list === undefined) return;
  for (const task of await latestTasks(service, list)) {
    const told = textAt(task.resource, 'TaskState') ?? textAt(task.resource, 'JobState') ?? '';
    const about = ['Name', 'Description', 'JobType', 'TaskMonitor']
      .map((name) => textAt(task.resource, name) ?? '')
      .concat(textAt(task.resource, 'Payload', 'TargetUri') ?? '');
    // A task scheduled for the next start does not block an update.
    const waits = textAt(task.resource, 'Oem', 'Dell', 'JobState') === 'Scheduled';
    if (RUNNING.has(told) && !waits && IS_UPDATE.test(about.join(' '))) {
      throw busy(service, say`${foreignPath(task.uri)}: an update is under way: ${foreign(told)}`);
    }
  }
}

function busy(service: Service, what: ReturnType<typeof say>): ModelError {
  return service.error(409, what, own('wait until it has ended'));
}

async function latestTasks(service: Service, list: string): Promise<Found[]> {
  try {
    if (expandQuery(service) !== '') return (await expandedMembers(service, list)).members.filter(isFound);
    const { links } = await service.memberLinks(list);
    const ends = links.length <= LATEST_TASKS ? links : [links[0] ?? '', ...links.slice(-LATEST_TASKS)];
    return (await service.getEach(ends.filter((one) => one !== ''))).filter(isFound);
  } catch (error) {
    service.signal.throwIfAborted();
    if (!(error instanceof ModelError) || refusedWith(error) === undefined) throw error;
    return [];
  }
}

function sendingOf(service: Service, { seconds }: FirmwareWish): Sending {
  let last = '';
  const progress = (task: unknown) => {
    const percent = at(task, 'PercentComplete') ?? at(task, 'Oem', 'Dell', 'PercentComplete');
    const state = textAt(task, 'TaskState') ?? textAt(task, 'JobState') ?? '';
    const now = JSON.stringify([percent, state]);
    if (now === last) return;
    last = now;
    const part = typeof percent === 'number' ? say`${percent} %, ` : own('');
    service.info(say`firmware update: ${part}${foreign(state)}`);
  };
  return {
    effect: 'once',
    isFinal: isBusyAnswer,
    // BMCs may check an image, or even install it, before they answer.
    requestMs: Math.max(seconds * 1000, LEAST_UPLOAD_MS, service.connection.limits.requestMs),
    follow: { limitMs: seconds * 1000, awayMs: AWAY_MS, progress },
  };
}

/** Whether the answer says that another update is in progress, which is not worth a retry. */
function isBusyAnswer({ status, body }: Incoming): boolean {
  return status >= 400 && messagesIn(body).some(({ name, text }) => isBusyText(`${name} ${text}`));
}

function isBusyText(text: string): boolean {
  return /(update|flash|upgrade).{0,40}(in ?progress|under ?way|running|already)|already.{0,40}(update|flash)/i.test(
    text,
  );
}

interface ToSend extends Pick<FirmwareWish, 'applyTime'> {
  targets: readonly string[];
}

/** SimpleUpdate (schema UpdateService): the BMC fetches the image. */
async function fromUrl(
  service: Service,
  { uri, resource }: Found,
  { url, targets, applyTime }: ToSend & { url: string },
  sending: Sending,
): Promise<Done> {
  const action = at(resource, 'Actions', '#UpdateService.SimpleUpdate');
  const target = textAt(action, 'target');
  if (target === undefined) {
    throw service.error(
      501,
      say`${foreignPath(uri)}: fetches no firmware: it has no action SimpleUpdate (ipmi/firmware-file)`,
    );
  }
  const { address, login } = withoutLogin(url);
  const protocol = new URL(url).protocol.replace(':', '').toUpperCase();
  const listed = textsAt(action, 'TransferProtocol@Redfish.AllowableValues');
  if (listed !== undefined && listed.length > 0 && !listed.includes(protocol)) {
    const list = joined(listed.map(foreign), ', ');
    throw service.error(
      501,
      say`${foreignPath(uri)}: fetches nothing by ${own(protocol)}; it allows ${list}`,
    );
  }
  const known = { TransferProtocol: protocol, Targets: [...targets], ...login };
  let body: Resource = {
    ImageURI: address,
    ...(listed === undefined ? {} : { TransferProtocol: protocol }),
    ...(targets.length === 0 ? {} : { Targets: [...targets] }),
    ...login,
    ...(applyTime === undefined ? {} : { '@Redfish.OperationApplyTime': applyTime }),
  };
  const sent = new Set<string>();
  for (;;) {
    sent.add(JSON.stringify(body));
    try {
      return await service.post(target, body, sending);
    } catch (error) {
      const refused = refusedWith(error);
      const needed = ['ImageURI', ...(targets.length === 0 ? [] : ['Targets'])];
      const next = refused === undefined ? undefined : correctedBody(body, refused.said, known, needed);
      if (next === undefined || sent.has(JSON.stringify(next))) throw refusalOf(error);
      body = next;
    }
  }
}

/** Separates user name and password from a URL: SimpleUpdate has parameters for them. */
function withoutLogin(url: string): { address: string; login: Resource } {
  const { username, password } = new URL(url);
  if (username === '' && password === '') return { address: url, login: {} };
  const address = url.replace(/^([a-z0-9+.-]{1,16}:\/\/)[^/@]*@/i, '$1');
  const plain = (text: string) => {
    try {
      return decodeURIComponent(text);
    } catch {
      return text;
    }
  };
  return { address, login: { Username: plain(username), Password: plain(password) } };
}

/**
 * Sends a file by MultipartHttpPushUri (DSP0266, 12.5.2: UpdateParameters with Targets, UpdateFile), or by HttpPushUri,
 * which takes only the bytes.
 */
async function fromFile(
  service: Service,
  { uri, resource }: Found,
  {
    image,
    targets,
    applyTime,
  }: ToSend & { image: { name: string; content: Parameters<Service['upload']>[1] } },
  sending: Sending,
): Promise<Done> {
  const form = textAt(resource, 'MultipartHttpPushUri');
  const plain = textAt(resource, 'HttpPushUri');
  try {
    if (form !== undefined && form !== '') {
      const parameters = {
        Targets: [...targets],
        ...(applyTime === undefined ? {} : { '@Redfish.OperationApplyTime': applyTime }),
      };
      const parts = [
        { name: 'UpdateParameters', type: 'application/json', content: JSON.stringify(parameters) },
        { name: 'UpdateFile', type: image.content.type, fileName: image.name, content: image.content },
      ];
      return await service.upload(form, multipart(parts), sending);
    }
    // HPE's HttpPushUri is outside of /redfish and belongs to its web pages.
    if (plain?.startsWith('/redfish/') === true && targets.length === 0 && applyTime === undefined) {
      return await service.upload(plain, image.content, sending);
    }
  } catch (error) {
    throw refusalOf(error);
  }
  const more = plain?.startsWith('/redfish/') === true ? own(' with targets or a time') : own('');
  throw service.error(501, say`${foreignPath(uri)}: takes no files${more} (ipmi/firmware-url)`);
}

/** The error 409 when the BMC's answer says that another update is in progress; otherwise the error itself. */
function refusalOf(error: unknown): unknown {
  const refused = refusedWith(error);
  if (!(error instanceof ModelError) || refused === undefined) return error;
  const isBusy = refused.said.some(({ name, text }) => isBusyText(`${name} ${text}`));
  return isBusy ? refusal(409, error.messages, error.cause) : error;
}

async function outcome(
  service: Service,
  updates: Found,
  before: Versions | undefined,
  { pending, isGone = false }: Done,
): Promise<FirmwareUpdate> {
  const left = pending === undefined ? {} : { Pending: service.text(pending) };
  const after = before === undefined ? undefined : await versions(service, updates);
  if (before === undefined || after === undefined) {
    const warning = 'the versions could not be read: ask for getFirmware';
    service.warn(own(warning));
    return { ...left, Warnings: [warning] };
  }
  const Updated = [...after]
    .filter(([Id, { version }]) => before.get(Id)?.version !== version)
    .map(([Id, { name, version }]) => ({ Id, Name: name, From: before.get(Id)?.version ?? '', To: version }));
  if (Updated.length > 0 || pending !== undefined) return { Updated, ...left };
  if (isGone) {
    throw service.error(
      502,
      own(
        'the task of the firmware update is gone, and no version has changed: it is not known how it ended',
      ),
    );
  }
  const warning =
    'no version has changed: it may do so with the next start of the machine or the BMC, or have been there';
  service.warn(own(warning));
  return { Updated, Warnings: [warning] };
}

/** The versions of all firmware; undefined when they cannot be read. */
async function versions(service: Service, { resource }: Found): Promise<Versions | undefined> {
  const link = linkAt(resource, 'FirmwareInventory');
  if (link === undefined) return undefined;
  try {
    const { members } = await expandedMembers(service, link);
    return new Map(
      members.filter(isFound).map((member) => [
        textAt(member.resource, 'Id') ?? member.uri,
        {
          name: textAt(member.resource, 'Name') ?? '',
          version: textAt(member.resource, 'Version') ?? '',
        },
      ]),
    );
  } catch (error) {
    service.signal.throwIfAborted();
    if (!(error instanceof ModelError)) throw error;
    service.warn(say`${foreignPath(link)}: cannot be read: ${own(error.messages.join('; '))}`);
    return undefined;
  }
}
