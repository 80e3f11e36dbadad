import { at, linkAt, type Resource, textAt, textsAt } from '../../../lib/https/index.ts';
import { type Done, type Found, refusedWith, type Service } from '../../../lib/redfish/index.ts';
import { choiceParam, type Params } from '../params.ts';

/** For the next start, or for every one from now on. */
export type BootSpan = 'Once' | 'Continuous';
/** Targets of the schema ComputerSystem, BootSource. */
export type BootTarget = 'Pxe' | 'Hdd' | 'Cd';

/** BootSourceOverrideMode by `detected-bios-mode`. */
export function bootMode(params: Params): string {
  return choiceParam(params, 'detected-bios-mode', ['uefi', 'legacy-bios']) === 'uefi' ? 'UEFI' : 'Legacy';
}

/**
 * Overrides the boot source of a system. Nothing is sent when it is so already. The mode is sent only where it differs,
 * and left out when it is refused: it is read-only on many BMCs (ansible-collections/community.general 3509, 5091).
 * Where the system itself does not take it, its settings resource does (DSP0266, Settings resource; iDRAC 10 and AMI).
 * Throws ModelError with what the BMC says of the first try.
 */
export async function overrideBoot(
  service: Service,
  system: Found,
  span: BootSpan,
  target: BootTarget,
  mode?: string,
): Promise<void> {
  const asked = { BootSourceOverrideEnabled: span, BootSourceOverrideTarget: target };
  const now = textAt(system.resource, 'Boot', 'BootSourceOverrideMode');
  const modes = textsAt(system.resource, 'Boot', 'BootSourceOverrideMode@Redfish.AllowableValues');
  const changesMode =
    mode !== undefined && now !== undefined && now !== mode && modes?.includes(mode) !== false;
  const settings = linkAt(system.resource, '@Redfish.Settings', 'SettingsObject');
  // Where there are settings, others than those of now may wait there for the next start.
  if (settings === undefined && !changesMode && isSo(system.resource, asked)) return;
  const tries = [
    ...(changesMode ? [{ uri: system.uri, boot: { ...asked, BootSourceOverrideMode: mode } }] : []),
    { uri: system.uri, boot: asked },
    ...(settings === undefined ? [] : [{ uri: settings, boot: asked }]),
  ];
  let first: unknown;
  for (const { uri, boot } of tries) {
    try {
      await checked(service, uri, boot, await service.patch(uri, { Boot: boot }));
      if (first !== undefined) service.log.info(`BMC ${service.name}: boot override taken at the second try`);
      return;
    } catch (error) {
      if (refusedWith(error) === undefined) throw error;
      first ??= error;
    }
  }
  throw first;
}

/**
 * A service may take a part of a change, answer 200 and tell what it left out (DSP0266, 7.5 Data modification
 * requests: PATCH). Throws ModelError 502 when that was what matters.
 */
async function checked(service: Service, uri: string, boot: Resource, { warnings }: Done): Promise<void> {
  if (warnings.length === 0) return;
  const { resource } = await service.get(uri);
  if (isSo(resource, { ...boot, BootSourceOverrideMode: undefined })) return;
  throw service.error(
    502,
    `PATCH ${uri}: the boot source is not overridden`,
    ...warnings.map(({ text }) => text),
  );
}

function isSo(system: Resource, asked: Resource): boolean {
  return Object.entries(asked).every(
    ([name, value]) => value === undefined || at(system, 'Boot', name) === value,
  );
}
