import { at, isResource, linkAt, type Resource, textAt, textsAt } from '../../https/index.ts';
import { foreignPath, own, say } from '../../models/index.ts';
import type { Found, Service } from '../service.ts';
import type { Values } from './dependencies.ts';
import { type Registry, readRegistry } from './registry.ts';

/** The BIOS settings of a system. */
export interface Bios {
  found: Found;
  /** Values in effect. */
  attributes: Values;
  /** The settings resource for changes at the next boot; undefined when changes are written to the resource itself. */
  settings: Found | undefined;
  /** Values at the next boot, as far as they differ. */
  pending: Values;
  /** Supported values of ApplyTime; empty when the BMC does not tell. */
  applyTimes: readonly string[];
  registry: Registry | undefined;
}

/** Throws ModelError 501 when the system has no BIOS resource or no attributes. */
export async function readBios(service: Service, system: Found, { withRegistry = true } = {}): Promise<Bios> {
  const found = await biosOf(service, system);
  const attributes = at(found.resource, 'Attributes');
  if (!isResource(attributes)) {
    throw service.error(
      501,
      say`${foreignPath(found.uri)}: tells no Attributes: this BMC has no BIOS settings by Redfish`,
    );
  }
  const link = linkAt(found.resource, '@Redfish.Settings', 'SettingsObject');
  const settings = link === undefined || link === found.uri ? undefined : await service.get(link);
  const id = textAt(found.resource, 'AttributeRegistry') ?? '';
  const registry = id !== '' && withRegistry ? await readRegistry(service, id) : undefined;
  return {
    found,
    attributes,
    settings,
    pending: pendingIn(settings?.resource, attributes),
    applyTimes: textsAt(found.resource, '@Redfish.Settings', 'SupportedApplyTimes') ?? [],
    registry,
  };
}

export async function biosOf(service: Service, { uri, resource }: Found): Promise<Found> {
  const link = linkAt(resource, 'Bios');
  if (link === undefined) throw service.error(501, say`${foreignPath(uri)}: has no ${own('Bios')}`);
  return service.get(link);
}

/** The differing values in the settings resource. Null means that there is no value. */
function pendingIn(settings: Resource | undefined, attributes: Values): Values {
  const planned = at(settings, 'Attributes');
  if (!isResource(planned)) return {};
  return Object.fromEntries(
    Object.entries(planned).filter(([name, value]) => value !== null && value !== attributes[name]),
  );
}
