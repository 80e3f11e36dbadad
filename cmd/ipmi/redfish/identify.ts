import { at, linksAt, type Resource, textsAt } from '../../../lib/https/index.ts';
import type { Found, Service } from '../../../lib/redfish/index.ts';
import { numberParam, type Params } from '../params.ts';

const SECONDS = 60;
const MOST_SECONDS = 2 ** 31 - 1;

/**
 * Switches the light that shows which machine it is on, or off for a duration of 0; Redfish knows no duration. The
 * light is the system's, or that of its chassis: IndicatorLED, or LocationIndicatorActive, which replaces it since
 * ComputerSystem 1.13. Nothing is sent when it is so already. Throws ModelError 501 when there is none.
 */
export async function identify(service: Service, system: Found, params: Params): Promise<void> {
  const on = numberParam(params, 'ipmi/identify-duration', MOST_SECONDS, SECONDS) > 0;
  if (await switchLight(service, system, on)) return;
  for (const link of linksAt(system.resource, 'Links', 'Chassis')) {
    if (await switchLight(service, await service.get(link), on)) return;
  }
  throw service.error(501, `${system.uri}: has no light that it could be identified by`);
}

/** False when there is none on this resource. */
async function switchLight(service: Service, { uri, resource }: Found, on: boolean): Promise<boolean> {
  const change = changeFor(resource, on);
  if (change === undefined) return false;
  const [[name, value] = []] = Object.entries(change);
  if (name !== undefined && at(resource, name) !== value) await service.patch(uri, change);
  return true;
}

function changeFor(resource: Resource, on: boolean): Resource | undefined {
  if (typeof at(resource, 'IndicatorLED') === 'string') {
    const allowed = textsAt(resource, 'IndicatorLED@Redfish.AllowableValues');
    const lit = allowed?.includes('Blinking') === false && allowed.includes('Lit') ? 'Lit' : 'Blinking';
    return { IndicatorLED: on ? lit : 'Off' };
  }
  if (typeof at(resource, 'LocationIndicatorActive') === 'boolean') return { LocationIndicatorActive: on };
  return undefined;
}
