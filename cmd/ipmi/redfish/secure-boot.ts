import { at, linkAt, type Resource } from '../../../lib/https/index.ts';
import { foreign, foreignPath, ModelError, own, refusal, say } from '../../../lib/models/index.ts';
import { type Found, refusedWith, type Service } from '../../../lib/redfish/index.ts';
import type { Params } from '../params.ts';

/** How often to read the resource until it has the wanted state. */
const LOOKS = 3;
const NAME = 'SecureBootEnable';

/** The Secure Boot resource. The error for a system without UEFI is that of the Go ipmi plugin. */
export async function secureBoot(service: Service, system: Found): Promise<Resource> {
  const link = linkAt(system.resource, 'SecureBoot');
  return link === undefined ? { [NAME]: false } : (await service.get(link)).resource;
}

/**
 * Switches UEFI Secure Boot on or off (`ipmi/secure-boot`) from the next start on, and checks that the BMC has kept it
 * in the resource or its settings. Nothing is sent when it is set. Throws ModelError, 501 when the system has no Secure
 * Boot resource.
 */
export async function setSecureBoot(service: Service, system: Found, params: Params): Promise<void> {
  const wanted = params['ipmi/secure-boot'];
  if (typeof wanted !== 'boolean') throw refusal(400, 'ipmi/secure-boot: expected true or false');
  const link = linkAt(system.resource, 'SecureBoot');
  if (link === undefined) throw service.error(501, say`${foreignPath(system.uri)}: has no Secure Boot`);
  const before = await service.get(link);
  const settings = linkAt(before.resource, '@Redfish.Settings', 'SettingsObject');
  if (settings === undefined && at(before.resource, NAME) === wanted) return;
  let failed: ModelError | undefined;
  for (const uri of [link, ...(settings === undefined ? [] : [settings])]) {
    try {
      const { pending } = await service.patch(uri, { [NAME]: wanted });
      if (pending !== undefined) {
        service.info(say`${foreignPath(uri)}: set at the next start of the machine: ${pending}`);
        return;
      }
    } catch (error) {
      if (!(error instanceof ModelError) || refusedWith(error) === undefined) throw error;
      failed ??= error;
      continue;
    }
    const now = await kept(service, [uri, link], wanted);
    if (now === wanted) {
      service.info(say`${foreignPath(link)}: in force from the next start of the machine on`);
      return;
    }
    failed = service.error(
      502,
      say`${foreignPath(link)}: ${own(NAME)} is ${foreign(String(now))}, not ${own(String(wanted))}`,
    );
  }
  throw failed ?? service.error(502, say`${foreignPath(link)}: was not changed`);
}

async function kept(service: Service, places: readonly string[], wanted: boolean): Promise<unknown> {
  for (let look = 1; ; look++) {
    let now: unknown;
    for (const place of new Set(places)) {
      now = at((await service.get(place)).resource, NAME);
      if (now === wanted) return now;
    }
    if (look === LOOKS) return now;
    await service.pause();
  }
}
