import { at, isResource, listAt, type Resource, textAt } from '../https/index.ts';
import { ModelError } from '../models/index.ts';
import { refusedWith } from './failure.ts';
import { type Found, isFound, type Service, type Unread } from './service.ts';

/** Members of a collection, as far as they were read. */
export interface Expanded {
  /** In the order of the service, with those that cannot be read. */
  members: (Found | Unread)[];
  /** How many the service says that there are. */
  count: number;
}

/** More than any log or list of sensors that is worth reading has. */
const MOST_MEMBERS = 2_000;

/**
 * The members of a collection of many small resources, in few requests: as the collection itself has them, which some
 * services do without being asked, or by $expand where the root offers it (DSP0266, 7.3.3: ProtocolFeaturesSupported,
 * ExpandQuery). Those that are but links are read one by one. Throws ModelError when the collection cannot be read.
 */
export async function expandedMembers(service: Service, link: string): Promise<Expanded> {
  const members: (Found | Unread)[] = [];
  const links: string[] = [];
  const pages = new Set<string>();
  let count: number | undefined;
  for (let page: string | undefined = link; page !== undefined && !pages.has(page); ) {
    const found: Found | Unread =
      pages.size === 0 ? await firstPage(service, page) : await next(service, page);
    pages.add(page);
    if (!isFound(found)) {
      members.push(found);
      break;
    }
    const told = at(found.resource, 'Members@odata.count');
    if (typeof told === 'number') count ??= told;
    for (const member of listAt(found.resource, 'Members').filter(isResource)) {
      if (isWhole(member))
        members.push({ uri: textAt(member, '@odata.id') ?? link, resource: member, etags: [] });
      else links.push(textAt(member, '@odata.id') ?? '');
    }
    if (members.length + links.length >= MOST_MEMBERS) break;
    page = textAt(found.resource, 'Members@odata.nextLink');
  }
  const read = await service.getEach(
    links.filter((one) => one !== '').slice(0, Math.max(0, MOST_MEMBERS - members.length)),
  );
  const all = [...members, ...read].slice(0, MOST_MEMBERS);
  return { members: all, count: Math.max(count ?? 0, all.length) };
}

/** What this service takes for the members of a collection with what they are; empty when it offers nothing. */
export function expandQuery(service: Service): string {
  const offered = at(service.root, 'ProtocolFeaturesSupported', 'ExpandQuery');
  if (at(offered, 'NoLinks') === true) return '?$expand=.($levels=1)';
  return at(offered, 'ExpandAll') === true ? '?$expand=*($levels=1)' : '';
}

/** What is offered may be refused all the same, or be too much at once. */
async function firstPage(service: Service, link: string): Promise<Found> {
  const query = link.includes('?') ? '' : expandQuery(service);
  if (query === '') return service.get(link);
  try {
    return await service.get(`${link}${query}`);
  } catch (error) {
    service.signal.throwIfAborted();
    if (refusedWith(error) === undefined) throw error;
    return service.get(link);
  }
}

async function next(service: Service, uri: string): Promise<Found | Unread> {
  try {
    return await service.get(uri);
  } catch (error) {
    service.signal.throwIfAborted();
    if (!(error instanceof ModelError)) throw error;
    return { uri, error };
  }
}

/** Whether a member is more than a link. */
function isWhole(member: Resource): boolean {
  return Object.keys(member).some((name) => !name.startsWith('@odata.'));
}
