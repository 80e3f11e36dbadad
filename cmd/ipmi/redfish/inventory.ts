import { at, isResource, linkAt, type Resource, textAt } from '../../../lib/https/index.ts';
import { foreignPath, ModelError, own, say } from '../../../lib/models/index.ts';
import { type Found, isFound, type Service, type Unread } from '../../../lib/redfish/index.ts';

/** A resource that the system links to. Throws ModelError 501 when the link is missing. */
export async function linked(service: Service, system: Found, name: string): Promise<Resource> {
  const link = linkAt(system.resource, name);
  if (link === undefined) throw service.error(501, say`${foreignPath(system.uri)}: has no ${own(name)}`);
  return (await service.get(link)).resource;
}

/** Takes the place of a list member that could not be read. */
export interface Gap {
  '@odata.id': string;
  Warnings: string[];
}

/**
 * The members of a collection that the system links to; empty without the collection. A member that cannot be read is
 * replaced by its URI and the reason. Throws ModelError when no member can be read.
 */
export async function collected(service: Service, system: Found, name: string): Promise<(Resource | Gap)[]> {
  const { members } = await collection(service, system, name);
  return membersOrGaps(service, members);
}

/** Like `collected`, for members that were read before. */
export function membersOrGaps(service: Service, members: readonly (Found | Unread)[]): (Resource | Gap)[] {
  const failed = members.find((member): member is Unread => !isFound(member));
  if (failed !== undefined && !members.some(isFound)) throw failed.error;
  return members.map((member) => (isFound(member) ? member.resource : gapFor(service, member)));
}

async function collection(service: Service, system: Found, name: string) {
  const link = linkAt(system.resource, name);
  const members = link === undefined ? [] : await service.members(link);
  const unread = members.filter((member): member is Unread => !isFound(member));
  return { members, found: members.filter(isFound), unread };
}

function gapFor(service: Service, { uri, error }: Unread): Gap {
  service.warn(say`${foreignPath(uri)}: cannot be read: ${own(reasonFor(error))}`);
  return { '@odata.id': uri, Warnings: error.messages };
}

function reasonFor({ messages }: ModelError): string {
  return messages.join('; ');
}

/** The system's boot settings. Throws ModelError 501 when it has none. */
export function bootSettings(service: Service, { uri, resource }: Found): Resource {
  const boot = at(resource, 'Boot');
  if (!isResource(boot)) throw service.error(501, say`${foreignPath(uri)}: has no Boot`);
  return boot;
}

/**
 * Health values (`OK`, `Warning`, `Critical`): the worst of a component and its parts; empty when the BMC tells none.
 */
export interface SystemStatus {
  Status: string;
  ProcessorStatus: string;
  MemoryStatus: string;
  EthernetStatus: string;
  StorageStatus: string;
  SimpleStorageStatus: string;
  /** What could not be read; absent when everything was. */
  Warnings?: string[];
}

export async function systemStatus(service: Service, system: Found): Promise<SystemStatus> {
  const { resource } = system;
  const warnings: string[] = [];
  const worst = (name: string) => worstOf(service, system, name, warnings);
  const summary = async (name: string, members: string) =>
    healthOf(at(resource, name)) || (Object.hasOwn(resource, name) ? worst(members) : '');
  const status: SystemStatus = {
    Status: healthOf(resource),
    ProcessorStatus: await summary('ProcessorSummary', 'Processors'),
    MemoryStatus: await summary('MemorySummary', 'Memory'),
    EthernetStatus: await worst('EthernetInterfaces'),
    StorageStatus: await worst('Storage'),
    SimpleStorageStatus: await worst('SimpleStorage'),
  };
  return warnings.length === 0 ? status : { ...status, Warnings: warnings };
}

const HEALTH = ['Critical', 'Warning', 'OK'];

/**
 * The worse of a resource's own health and that of its parts (schema Resource: Health, HealthRollup, called
 * HealthRollUp in some first versions; HPE's summaries have the rollup only).
 */
function healthOf(resource: unknown): string {
  const words = ['Health', 'HealthRollup', 'HealthRollUp'].map(
    (name) => textAt(resource, 'Status', name) ?? '',
  );
  return worse(words);
}

/** The worst of the known values, or else the first value. */
function worse(words: readonly string[]): string {
  const told = words.filter((word) => word !== '');
  const known = HEALTH.find((word) => told.some((other) => other.toLowerCase() === word.toLowerCase()));
  return known ?? told[0] ?? '';
}

/** The worst health of the readable members; `Critical` when none can be read, as in the Go ipmi plugin. */
async function worstOf(service: Service, system: Found, name: string, warnings: string[]): Promise<string> {
  try {
    const { found, unread } = await collection(service, system, name);
    for (const { uri, error } of unread) {
      service.warn(say`${foreignPath(uri)}: cannot be read: ${own(reasonFor(error))}`);
      warnings.push(reasonFor(error));
    }
    if (found.length === 0 && unread.length > 0) return 'Critical';
    return worse([...found.map(({ resource }) => healthOf(resource)), 'OK']);
  } catch (error) {
    service.signal.throwIfAborted();
    if (!(error instanceof ModelError)) throw error;
    service.warn(say`${own(name)}: ${own(reasonFor(error))}`);
    warnings.push(reasonFor(error));
    return 'Critical';
  }
}
