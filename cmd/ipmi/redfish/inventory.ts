import { at, isResource, linkAt, type Resource, textAt } from '../../../lib/https/index.ts';
import type { Found, Service } from '../../../lib/redfish/index.ts';

/** A resource that the system links to. Throws ModelError 501 when it has none. */
export async function linked(service: Service, system: Found, name: string): Promise<Resource> {
  const link = linkAt(system.resource, name);
  if (link === undefined) throw service.error(501, `${system.uri}: has no ${name}`);
  return (await service.get(link)).resource;
}

/** The members of a collection that the system links to; none when there is no such collection. */
export async function collected(service: Service, system: Found, name: string): Promise<Resource[]> {
  const link = linkAt(system.resource, name);
  const members = link === undefined ? [] : await service.members(link);
  return members.map(({ resource }) => resource);
}

/** The system's boot settings. Throws ModelError 501 when it has none. */
export function bootSettings(service: Service, { uri, resource }: Found): Resource {
  const boot = at(resource, 'Boot');
  if (!isResource(boot)) throw service.error(501, `${uri}: has no Boot`);
  return boot;
}

/** Health words (`OK`, `Warning`, `Critical`); empty when the BMC tells none. */
export interface SystemStatus {
  Status: string;
  ProcessorStatus: string;
  MemoryStatus: string;
  EthernetStatus: string;
  StorageStatus: string;
  SimpleStorageStatus: string;
}

export async function systemStatus(service: Service, system: Found): Promise<SystemStatus> {
  const { resource } = system;
  return {
    Status: healthOf(resource),
    ProcessorStatus: healthOf(at(resource, 'ProcessorSummary')),
    MemoryStatus: healthOf(at(resource, 'MemorySummary')),
    EthernetStatus: await worst(service, system, 'EthernetInterfaces'),
    StorageStatus: await worst(service, system, 'Storage'),
    SimpleStorageStatus: await worst(service, system, 'SimpleStorage'),
  };
}

function healthOf(resource: unknown): string {
  return textAt(resource, 'Status', 'Health') ?? '';
}

/** The worst of the members; `Critical` when they cannot be read, as in the reference. */
async function worst(service: Service, system: Found, name: string): Promise<string> {
  try {
    const words = (await collected(service, system, name)).map(healthOf);
    return ['Critical', 'Warning'].find((word) => words.includes(word)) ?? 'OK';
  } catch (error) {
    service.signal.throwIfAborted();
    service.log.warn(`BMC ${service.name}: ${name}: ${error instanceof Error ? error.message : error}`);
    return 'Critical';
  }
}
