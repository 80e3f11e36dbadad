import { at, isResource, linkAt, textAt } from '../../https/index.ts';
import { foreign, foreignPath, joined, own, say, type Wording } from '../../models/index.ts';
import { refusedWith } from '../failure.ts';
import { messagesOf } from '../messages.ts';
import type { Done, Found, Service } from '../service.ts';
import { managersOf } from '../system.ts';
import type { Bios } from './bios.ts';
import type { Values } from './dependencies.ts';

const ON_RESET = 'OnReset';

/** The result of a change of attributes. */
export interface Changed {
  /** A job or task that is pending until the next boot, as text. */
  pending: Wording | undefined;
}

/**
 * Changes attributes, mostly at the next boot. Verifies the change in the settings resource, unless a job has been
 * created for it. Throws ModelError: the BMC's refusal, or 502 when it accepts the change and does not show it.
 */
export async function changeBios(
  service: Service,
  system: Found,
  bios: Bios,
  changes: Values,
): Promise<Changed> {
  const { settings, applyTimes } = bios;
  const target = settings ?? bios.found;
  const asksForReset = settings !== undefined && applyTimes.includes(ON_RESET);
  const body = {
    Attributes: changes,
    ...(asksForReset ? { '@Redfish.SettingsApplyTime': { ApplyTime: ON_RESET } } : {}),
  };
  const withEtag = target.etags.length > 0;
  let done = await service.patch(target.uri, body, { withEtag });
  if (settings !== undefined && done.pending === undefined && !asksForReset) {
    done = (await scheduled(service, system, settings)) ?? done;
  }
  if (done.pending !== undefined) {
    service.info(say`${foreignPath(target.uri)}: ${done.pending}, for the next boot`);
    return { pending: done.pending };
  }
  await checkTaken(service, target, bios, changes);
  return { pending: undefined };
}

/**
 * Creates the job that an iDRAC without ApplyTime needs to apply pending settings (Dell's Redfish API guide, Jobs).
 * Undefined for other BMCs, and where no job is needed.
 */
async function scheduled(service: Service, system: Found, settings: Found): Promise<Done | undefined> {
  if (!/^dell\b/i.test(textAt(system.resource, 'Manufacturer') ?? '')) return undefined;
  const managers = await managersOf(service, system);
  const jobs = managers
    .map(({ resource }) => linkAt(resource, 'Links', 'Oem', 'Dell', 'Jobs'))
    .find((link) => link !== undefined);
  if (jobs === undefined) return undefined;
  return service.post(jobs, { TargetSettingsURI: settings.uri }, { effect: 'once' });
}

/** Pauses before the settings resource is read again when it does not show the change yet, in units of `pollMs`. */
const LOOKS = [1, 2, 3];

async function checkTaken(
  service: Service,
  target: Found,
  { settings }: Bios,
  changes: Values,
): Promise<void> {
  for (const unit of [...LOOKS, 0]) {
    const { resource } = await service.get(target.uri);
    const shown = at(resource, 'Attributes');
    const missing = Object.keys(changes).filter(
      (name) => !isResource(shown) || shown[name] !== changes[name],
    );
    if (missing.length === 0) return;
    // Without a settings resource the change may show only after the boot.
    if (settings === undefined)
      return service.warn(say`${foreignPath(target.uri)}: shows the changes after a boot at the earliest`);
    if (unit === 0) {
      const list = joined(missing.map(foreign), ', ');
      throw service.error(
        502,
        say`${foreignPath(target.uri)}: took the change and does not show it: ${list}`,
      );
    }
    await service.pause(unit * service.pace.pollMs);
  }
}

/** The BMC's messages about the last changes it tried to apply: Messages in `@Redfish.Settings`. */
export function lastMessages({ found }: Bios): string[] {
  return messagesOf(at(found.resource, '@Redfish.Settings'))
    .filter(({ fine }) => !fine)
    .map(({ text }) => text);
}

/** The URI of an action of the BIOS resource. Throws ModelError 501 when it does not exist. */
function actionOf(service: Service, found: Found, name: string): string {
  const target = textAt(found.resource, 'Actions', `#Bios.${name}`, 'target');
  if (target !== undefined) return target;
  throw service.error(501, say`${foreignPath(found.uri)}: has no action ${own(name)}`);
}

/** Resets all attributes to their defaults at the next boot. Throws ModelError. */
export async function resetBios(service: Service, found: Found): Promise<Changed> {
  const action = actionOf(service, found, 'ResetBios');
  const sending = { effect: 'repeatable' } as const;
  const done = await service.post(action, undefined, sending).catch((error: unknown) => {
    service.signal.throwIfAborted();
    // Some require a body although the action has no parameters (openstack/sushy does the same).
    if (needsBody(error)) return service.post(action, {}, sending);
    throw error;
  });
  const { resource } = await service.get(found.uri);
  // Exists since version 1.2 of the schema.
  if (at(resource, 'ResetBiosToDefaultsPending') === false && done.pending === undefined) {
    throw service.error(502, say`${foreignPath(action)}: was answered with success, and no reset is pending`);
  }
  return { pending: done.pending };
}

function needsBody(error: unknown): boolean {
  return [400, 411, 415].includes(refusedWith(error)?.status ?? 0);
}

/**
 * Changes a password of the BIOS. Both passwords must be in the service's secrets, so that they are masked. Throws
 * ModelError.
 */
export async function changeBiosPassword(
  service: Service,
  found: Found,
  { name, old, fresh }: { name: string; old: string; fresh: string },
): Promise<Changed> {
  const action = actionOf(service, found, 'ChangePassword');
  const body = { PasswordName: name, OldPassword: old, NewPassword: fresh };
  const { pending } = await service.post(action, body, { effect: 'once' });
  return { pending };
}
