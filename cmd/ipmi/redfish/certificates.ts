import { linkAt, linksAt, type Resource } from '../../../lib/https/index.ts';
import { foreignPath, ModelError, own, say } from '../../../lib/models/index.ts';
import { type Found, isFound, managersOf, rootLink, type Service } from '../../../lib/redfish/index.ts';
import { type Gap, membersOrGaps } from './inventory.ts';

/**
 * The certificates of a BMC: those of its certificate service, or else those of its managers for HTTPS (schemas
 * CertificateLocations; ManagerNetworkProtocol, HTTPS). Throws ModelError 501 when it has neither.
 */
export async function certificates(service: Service, system: Found): Promise<(Resource | Gap)[]> {
  const links = await serviceLinks(service);
  try {
    links.push(...(await managerLinks(service, system)));
  } catch (error) {
    service.signal.throwIfAborted();
    if (!(error instanceof ModelError) || links.length === 0) throw error;
    service.warn(say`its managers cannot be read: ${own(error.messages.join('; '))}`);
  }
  const distinct = [...new Set(links)];
  if (distinct.length === 0) {
    throw service.error(501, say`${foreignPath(system.uri)}: has no certificates that Redfish tells of`);
  }
  return membersOrGaps(service, await service.getEach(distinct));
}

async function serviceLinks(service: Service): Promise<string[]> {
  const link = await rootLink(service, 'CertificateService');
  const [found] = link === undefined ? [] : await service.getEach([link]);
  if (found === undefined || !isFound(found)) return [];
  const place = linkAt(found.resource, 'CertificateLocations');
  const [locations] = place === undefined ? [] : await service.getEach([place]);
  return locations !== undefined && isFound(locations)
    ? linksAt(locations.resource, 'Links', 'Certificates')
    : [];
}

async function managerLinks(service: Service, system: Found): Promise<string[]> {
  const links: string[] = [];
  for (const { resource } of await managersOf(service, system)) {
    const protocol = linkAt(resource, 'NetworkProtocol');
    const [network] = protocol === undefined ? [] : await service.getEach([protocol]);
    if (network !== undefined && isFound(network)) {
      const place = linkAt(network.resource, 'HTTPS', 'Certificates');
      if (place !== undefined) links.push(...(await service.memberLinks(place)).links);
    }
    // HPE's own resource, which has one certificate.
    for (const vendor of ['Hpe', 'Hp']) links.push(...(await hpeLinks(service, resource, vendor)));
  }
  return links;
}

async function hpeLinks(service: Service, manager: Resource, vendor: string): Promise<string[]> {
  const security = linkAt(manager, 'Oem', vendor, 'Links', 'SecurityService');
  const [found] = security === undefined ? [] : await service.getEach([security]);
  if (found === undefined || !isFound(found)) return [];
  const link = linkAt(found.resource, 'Links', 'HttpsCert');
  return link === undefined ? [] : [link];
}
