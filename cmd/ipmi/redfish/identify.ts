import { at, linksAt, type Resource, textsAt } from '../../../lib/https/index.ts';
import { foreign, foreignPath, ModelError, own, say } from '../../../lib/models/index.ts';
import { type Found, isFound, refusedWith, type Service } from '../../../lib/redfish/index.ts';

/** How often to read a light until it has the wanted state. */
const LOOKS = 3;

/**
 * Switches the identify light on or off; Redfish has no duration. Uses the light of the system or its chassis:
 * IndicatorLED, or LocationIndicatorActive, its successor since ComputerSystem 1.13. Nothing is sent when the state is
 * right. When one is refused or does not change, the next is tried. Throws ModelError 501 when the system has no light.
 */
export async function identify(service: Service, system: Found, on: boolean): Promise<void> {
  let failed: ModelError | undefined;
  const chassis = linksAt(system.resource, 'Links', 'Chassis');
  for (const place of [system, ...chassis]) {
    const found = typeof place === 'string' ? (await service.getEach([place])).find(isFound) : place;
    if (found === undefined) continue;
    for (const change of changesFor(found.resource, on)) {
      const problem = await switchLight(service, found, change);
      if (problem === undefined) return;
      failed ??= problem;
    }
  }
  throw (
    failed ?? service.error(501, say`${foreignPath(system.uri)}: has no light that it could be identified by`)
  );
}

/** Why the light does not have the wanted state; undefined when it has. */
async function switchLight(
  service: Service,
  { uri, resource }: Found,
  { name, value }: Change,
): Promise<ModelError | undefined> {
  if (isSo(at(resource, name), value)) return undefined;
  try {
    await service.patch(uri, { [name]: value });
  } catch (error) {
    if (!(error instanceof ModelError) || refusedWith(error) === undefined) throw error;
    return error;
  }
  let now: unknown;
  for (let look = 1; look <= LOOKS; look++) {
    now = at((await service.get(uri)).resource, name);
    if (isSo(now, value)) return undefined;
    if (look < LOOKS) await service.pause();
  }
  const asked = own(JSON.stringify(value));
  return service.error(502, say`${foreignPath(uri)}: ${own(name)} is ${foreign(String(now))}, not ${asked}`);
}

interface Change {
  name: string;
  value: unknown;
}

/** Whether the state is the wanted one. Both lit and blinking mean on. */
function isSo(now: unknown, wanted: unknown): boolean {
  const isOn = wanted === 'Blinking' || wanted === 'Lit';
  return now === wanted || (isOn && (now === 'Blinking' || now === 'Lit'));
}

function changesFor(resource: Resource, on: boolean): Change[] {
  const changes: Change[] = [];
  if (typeof at(resource, 'IndicatorLED') === 'string') {
    const allowed = textsAt(resource, 'IndicatorLED@Redfish.AllowableValues');
    const values = on ? ['Blinking', 'Lit'].filter((value) => allowed?.includes(value) !== false) : ['Off'];
    changes.push(...values.map((value) => ({ name: 'IndicatorLED', value })));
  }
  if (typeof at(resource, 'LocationIndicatorActive') === 'boolean') {
    changes.push({ name: 'LocationIndicatorActive', value: on });
  }
  return changes;
}
