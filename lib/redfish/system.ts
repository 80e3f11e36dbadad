import { linkAt, linksAt, textAt } from '../https/index.ts';
import type { Found, Service } from './service.ts';

/**
 * The computer system that an action is for: the one whose Id or UUID is `wanted` (`ipmi/redfish-system`), or else,
 * when that is empty, the only one. Throws ModelError 400 or 404 that lists what there is.
 */
export async function chosenSystem(service: Service, wanted: string): Promise<Found> {
  const link = linkAt(service.root, 'Systems');
  const systems = link === undefined ? [] : await service.members(link);
  const [first, ...others] = systems;
  if (first === undefined) throw service.error(404, 'has no systems');
  const list = `It has ${systems.map(described).join(', ')}`;
  if (wanted === '') {
    if (others.length === 0) return first;
    throw service.error(400, `has several systems: set ipmi/redfish-system to an Id or UUID. ${list}`);
  }
  const named = systems.filter(
    ({ resource }) => names(textAt(resource, 'Id')) || names(textAt(resource, 'UUID')),
  );
  if (named.length === 1 && named[0] !== undefined) return named[0];
  const problem = named.length === 0 ? 'has no system' : 'has several systems';
  throw service.error(404, `${problem} ${JSON.stringify(wanted)} (ipmi/redfish-system). ${list}`);

  function names(name: string | undefined): boolean {
    return name?.toLowerCase() === wanted.toLowerCase();
  }
}

function described({ uri, resource }: Found): string {
  const about = [textAt(resource, 'UUID'), textAt(resource, 'HostName') || textAt(resource, 'Name')];
  return `${textAt(resource, 'Id') ?? uri} (${about.filter(Boolean).join(', ')})`;
}

/** The resources of the managers of a system: those that it names, or else all of the service. */
export async function managersOf(service: Service, { resource }: Found): Promise<Found[]> {
  const own = linksAt(resource, 'Links', 'ManagedBy');
  if (own.length > 0) return service.getAll(own);
  const all = linkAt(service.root, 'Managers');
  return all === undefined ? [] : service.members(all);
}
