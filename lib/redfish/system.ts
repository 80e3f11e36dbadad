import { linksAt, textAt } from '../https/index.ts';
import { foreign, foreignPath, joined, own, say, type Wording } from '../models/index.ts';
import { refusedWith } from './failure.ts';
import { rootLink } from './root-link.ts';
import { type Found, isFound, type Service, type Unread } from './service.ts';

/**
 * The computer system for an action: the one whose Id or UUID is `wanted` (`ipmi/redfish-system`), or the only one if
 * that is empty. A system whose URI ends with the Id is read alone, since others may be unreadable. Throws ModelError
 * 400 or 404 that lists the systems.
 */
export async function chosenSystem(service: Service, wanted: string): Promise<Found> {
  const name = wanted.trim().toLowerCase();
  const links = await systemLinks(service);
  const [only, ...more] = links;
  if (only === undefined) throw service.error(404, own('has no systems'));
  if (name === '' && more.length === 0) return service.get(only);
  const likely = links.find((link) => name !== '' && lastPart(link) === name);
  if (likely !== undefined) {
    const system = await service.get(likely);
    if (isNamed(system, name)) return system;
  }
  const members = await service.getEach(links);
  const systems = members.filter(isFound);
  // A system that no longer exists is not an alternative.
  const unread = members.filter((member): member is Unread => !isFound(member) && !isGone(member));
  const list = say`It has ${joined([...systems.map(described), ...unread.map(undescribed)], ', ')}`;
  if (name === '') {
    const [first, ...others] = systems;
    if (first !== undefined && others.length === 0 && unread.length === 0) return first;
    if (systems.length + unread.length === 0) throw service.error(404, own('has no systems'));
    throw service.error(400, say`has several systems: set ipmi/redfish-system to an Id or UUID. ${list}`);
  }
  const named = systems.filter((system) => isNamed(system, name));
  if (named.length === 1 && named[0] !== undefined) return named[0];
  const about = say`${own(JSON.stringify(wanted))} (ipmi/redfish-system). ${list}`;
  if (named.length > 1) throw service.error(404, say`has several systems ${about}`);
  const [failed] = unread;
  if (failed === undefined) throw service.error(404, say`has no system ${about}`);
  throw service.error(
    failed.error.code,
    say`has no system that can be read and is ${about}`,
    ...failed.error.messages.map(own),
  );
}

/** Links of the systems. Some collections are empty while the service starts (redhat-performance/jetlag 778). */
async function systemLinks(service: Service): Promise<string[]> {
  const link = await rootLink(service, 'Systems');
  if (link === undefined) return [];
  for (const unit of [...EMPTY_PAUSES, 0]) {
    const { links, missing } = await service.memberLinks(link);
    if (links.length > 0) return links;
    const [failed] = missing;
    if (failed !== undefined) throw failed.error;
    if (unit > 0 && service.patience.leftMs > 0) await service.pause(unit * service.pace.pollMs);
  }
  return [];
}

/** Pauses before an empty collection of systems is read again, in units of `pollMs`. */
const EMPTY_PAUSES = [1, 2, 3, 5];

function lastPart(link: string): string {
  const part = link.replace(/\/$/, '').split('/').at(-1) ?? '';
  try {
    return decodeURIComponent(part).trim().toLowerCase();
  } catch {
    return part.trim().toLowerCase();
  }
}

/** Ids and UUIDs are compared without surrounding blanks, which some services send. */
function isNamed({ resource }: Found, name: string): boolean {
  return [textAt(resource, 'Id'), textAt(resource, 'UUID')].some(
    (told) => told?.trim().toLowerCase() === name,
  );
}

function isGone({ error }: Unread): boolean {
  const status = refusedWith(error)?.status;
  return status === 404 || status === 410;
}

function described({ uri, resource }: Found): Wording {
  const about = [textAt(resource, 'UUID'), textAt(resource, 'HostName') || textAt(resource, 'Name')];
  const id = textAt(resource, 'Id');
  const name = id === undefined ? foreignPath(uri) : foreign(id.trim());
  return say`${name} (${joined(
    about.filter((text) => text !== undefined && text !== '').map((text) => foreign(`${text}`)),
    ', ',
  )})`;
}

function undescribed({ uri, error }: Unread): Wording {
  return say`${foreignPath(uri)} (cannot be read: ${own(error.messages.at(0) ?? '')})`;
}

/**
 * The managers of a system: those that it links to, or else all of the service. Throws ModelError when none can be
 * read.
 */
export async function managersOf(service: Service, { resource }: Found): Promise<Found[]> {
  const links = linksAt(resource, 'Links', 'ManagedBy');
  const all = links.length > 0 ? undefined : await rootLink(service, 'Managers');
  const members =
    links.length > 0 ? await service.getEach(links) : all === undefined ? [] : await service.members(all);
  const managers = members.filter(isFound);
  const unread = members.filter((member): member is Unread => !isFound(member));
  for (const { uri, error } of unread) {
    service.warn(say`${foreignPath(uri)}: cannot be read: ${own(error.messages.join('; '))}`);
  }
  const [failed] = unread;
  if (managers.length === 0 && failed !== undefined) throw failed.error;
  return managers;
}
