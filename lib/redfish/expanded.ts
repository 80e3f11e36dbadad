import { at, isResource, listAt, type Resource, textAt } from '../https/index.ts';
import { ModelError } from '../models/index.ts';
import { refusedWith } from './failure.ts';
import { type Found, isFound, type Service, type Unread } from './service.ts';

/** The members of a collection that were read. */
export interface Expanded {
  /** In the service's order, including those that cannot be read. */
  members: (Found | Unread)[];
  /** The number of members according to the service. */
  count: number;
}

/** Limit, above any useful log or list of sensors. */
const MOST_MEMBERS = 2_000;

/**
 * The members of a collection of many small resources, with few requests: from the collection itself, which some
 * services expand unasked, or by $expand where the root offers it (DSP0266, 7.3.3: ProtocolFeaturesSupported,
 * ExpandQuery). Members that are only links are read one by one. Throws ModelError when the collection cannot be read.
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

/** The query with which this service expands collections; empty when it offers none. */
export function expandQuery(service: Service): string {
  const offered = at(service.root, 'ProtocolFeaturesSupported', 'ExpandQuery');
  if (at(offered, 'NoLinks') === true) return '?$expand=.($levels=1)';
  return at(offered, 'ExpandAll') === true ? '?$expand=*($levels=1)' : '';
}

/** The first page, expanded if possible: a service may refuse its own offer, or the answer may be too large. */
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

/** Whether a member is expanded, not only a link. */
function isWhole(member: Resource): boolean {
  return Object.keys(member).some((name) => !name.startsWith('@odata.'));
}
