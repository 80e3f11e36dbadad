import { isResource, linkAt, type Resource, textAt } from '../../../lib/https/index.ts';
import { foreignPath, parseJson, say } from '../../../lib/models/index.ts';
import { type Found, isFound, managersOf, rootLink, type Service } from '../../../lib/redfish/index.ts';
import { type Gap, membersOrGaps } from './inventory.ts';

/** Vendors' own resources besides the standard's LicenseService (iLO 4 and 5; iDRAC 9 before 2021; Supermicro). */
const VENDORS: readonly (readonly string[])[] = [
  ['Oem', 'Hpe', 'Links', 'LicenseService'],
  ['Oem', 'Hp', 'links', 'LicenseService'],
  ['Oem', 'Hp', 'Links', 'LicenseService'],
  ['Links', 'Oem', 'Dell', 'DellLicenseCollection'],
  ['Oem', 'Supermicro', 'LicenseManager'],
];

/** Properties with license keys, which are secret. */
const KEYS = /^(License(String|Key|Text)|ActivationKey|Signature)$/i;

/**
 * The licenses of a BMC, without their keys. Throws ModelError 501 when it has no license resource: such a BMC has all
 * of its features without a license.
 */
export async function licenses(service: Service, system: Found): Promise<(Resource | Gap)[]> {
  const link = await rootLink(service, 'LicenseService');
  const [root] = link === undefined ? [] : await service.getEach([link]);
  const standard = root !== undefined && isFound(root) ? linkAt(root.resource, 'Licenses') : undefined;
  const list = standard ?? (await vendorsLink(service, system));
  if (list === undefined) {
    throw service.error(501, say`${foreignPath(system.uri)}: has no licenses that Redfish tells of`);
  }
  const place = await service.get(list);
  // Supermicro's license manager links to the list.
  const query = linkAt(place.resource, 'QueryLicense');
  const isList = Array.isArray(place.resource.Members);
  const members =
    query !== undefined ? await service.getEach([query]) : isList ? await service.members(list) : [place];
  return membersOrGaps(service, members).map((license) => withoutKeys(license) as Resource | Gap);
}

async function vendorsLink(service: Service, system: Found): Promise<string | undefined> {
  for (const { resource } of await managersOf(service, system)) {
    for (const path of VENDORS) {
      const link = linkAt(resource, ...path) ?? textAt(resource, ...path, 'href');
      if (link !== undefined) return link;
    }
  }
  return undefined;
}

/** Removes keys at any depth: iLO has them inside of confirmations, Supermicro in JSON strings, which are parsed. */
function withoutKeys(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutKeys);
  if (typeof value === 'string' && value.startsWith('{')) return withoutKeys(parsed(value) ?? '');
  if (!isResource(value)) return value;
  const kept = Object.entries(value).filter(([name]) => !KEYS.test(name));
  return Object.fromEntries(kept.map(([name, inner]) => [name, withoutKeys(inner)]));
}

function parsed(text: string): unknown {
  try {
    return parseJson(text);
  } catch {
    return undefined;
  }
}
