import { at, linkAt, type Resource, textAt, textsAt } from '../../../lib/https/index.ts';
import {
  foreign,
  foreignPath,
  joined,
  ModelError,
  own,
  say,
  type Wording,
} from '../../../lib/models/index.ts';
import { type Found, refusedWith, type Service } from '../../../lib/redfish/index.ts';
import { bootsByUefi, type Params } from '../params.ts';
import { type BootOption, bootOptions } from './boot-options.ts';
import { type BootDevice, isSupermicro, listedTargets, targetFor } from './boot-targets.ts';

/** For the next start or for all starts. */
export type BootSpan = 'Once' | 'Continuous' | 'Disabled';

/** BootSourceOverrideMode by `detected-bios-mode`. */
export type BootMode = 'UEFI' | 'Legacy';

/** The wanted boot settings. */
export interface BootWish {
  span: BootSpan;
  device: BootDevice | 'None';
  /** Undefined: keep the machine's mode. */
  mode: BootMode | undefined;
  /** URL to boot from by HTTP. */
  httpUri?: string | undefined;
}

/** Removes the override: the machine boots by its BIOS settings. */
export const NO_DEVICE: BootWish = { span: 'Disabled', device: 'None', mode: undefined };

export function bootMode(params: Params): BootMode {
  return bootsByUefi(params) ? 'UEFI' : 'Legacy';
}

/** One way to set them: a PATCH, and the properties to check afterwards. */
interface Way {
  uri: string;
  boot: Resource;
  /** Send If-Match with the first try. */
  withEtag?: boolean;
}

/** How often to read a resource after a change that it does not show yet: some BMCs take a second or two. */
const LOOKS = 3;

/**
 * Sets what a system boots from, and checks that the BMC has kept it. Nothing is sent when it is set already. When the
 * BMC keeps something else or refuses, the next way is tried: with the mode and without it (some fall back to Legacy
 * without, others refuse it: DMTF/Redfishtool 106, ironcore-dev/metal-operator 607,
 * ansible-collections/community.general 3509 and 5091), the settings resource (DSP0266, Settings resource; iDRAC 10 and
 * AMI), If-Match, a boot option, and the boot order. Throws ModelError with the BMC's current settings and messages,
 * 501 when nothing in its lists matches.
 */
export async function overrideBoot(service: Service, system: Found, wish: BootWish): Promise<void> {
  const link = linkAt(system.resource, '@Redfish.Settings', 'SettingsObject');
  const settings = link === undefined ? undefined : await settingsAt(service, link);
  await new BootChange(service, system, settings, wish).make();
}

/** The settings resource. It is used even when it cannot be read, since it may be writable. */
async function settingsAt(service: Service, uri: string): Promise<Found> {
  try {
    return await service.get(uri);
  } catch (error) {
    if (refusedWith(error) === undefined) throw error;
    return { uri, resource: {}, etags: [] };
  }
}

/** A change of what a system boots from, with what was learned about the BMC on the way. */
class BootChange {
  readonly #service: Service;
  readonly #system: Found;
  readonly #settings: Found | undefined;
  readonly #wish: BootWish;
  /** The BMC's messages about the tries so far. */
  readonly #said: Wording[] = [];
  /** Code of the first refusal; undefined once a try was answered with success. */
  #code: number | undefined;
  #tries = 0;
  /** Resources whose Boot property the BMC has called read-only. */
  readonly #readOnly = new Set<string>();
  /** The BMC has called the mode read-only. */
  #modeIsFixed: boolean;
  /** The BMC does not know the property for the HTTP boot URL. */
  #urlIsUnknown = false;

  constructor(service: Service, system: Found, settings: Found | undefined, wish: BootWish) {
    this.#service = service;
    this.#system = system;
    this.#settings = settings;
    this.#wish = wish;
    const modes = textsAt(system.resource, 'Boot', 'BootSourceOverrideMode@Redfish.AllowableValues');
    this.#modeIsFixed = wish.mode !== undefined && modes?.includes(wish.mode) === false;
  }

  async make(): Promise<void> {
    const { span, device, mode, httpUri } = this.#wish;
    const resources = [this.#system.resource, this.#settings?.resource];
    const listed = listedTargets(...resources);
    const spans = allowedSpans(...resources);
    if (device === 'None') {
      if (await this.#clears()) return;
      throw await this.#failure(listed, spans);
    }
    const isUefi = (mode ?? textAt(this.#system.resource, 'Boot', 'BootSourceOverrideMode')) !== 'Legacy';
    const kind = { isUefi, isSupermicro: isSupermicro(this.#system.resource) };
    const target = targetFor(listed, device, kind);
    if (target !== undefined && spans?.includes(span) !== false) {
      const asked = {
        BootSourceOverrideEnabled: span,
        BootSourceOverrideTarget: target,
        ...(httpUri === undefined ? {} : { HttpBootUri: httpUri }),
      };
      // A settings resource may hold different pending settings, so they are always written.
      if (this.#settings === undefined && this.#isKept(this.#system.resource, asked)) return;
      if (await this.#tryAll(this.#overrides(asked))) return;
    }
    // A boot option has its own URL, so it cannot be used for another.
    if (httpUri !== undefined) throw await this.#failure(listed, spans);
    const options = await bootOptions(this.#service, this.#system, device);
    if (await this.#tryAll(span === 'Once' ? this.#nextOptions(options, listed) : this.#orders(options)))
      return;
    throw await this.#failure(listed, spans);
  }

  /** Removes the override, by disabling it or by source `None`. */
  #clears(): Promise<boolean> | boolean {
    const bodies: Resource[] = [
      { BootSourceOverrideEnabled: 'Disabled' },
      { BootSourceOverrideEnabled: 'Disabled', BootSourceOverrideTarget: 'None' },
      { BootSourceOverrideTarget: 'None' },
    ];
    const isSo = bodies.some((boot) => this.#isKept(this.#system.resource, boot));
    if (this.#settings === undefined && isSo) return true;
    const uris = [this.#system.uri, ...(this.#settings === undefined ? [] : [this.#settings.uri])];
    return this.#tryAll(uris.flatMap((uri) => bodies.map((boot) => ({ uri, boot }))));
  }

  /** The override on the system and on its settings, with the mode and without. */
  #overrides(plain: Resource): Way[] {
    const told = textAt(this.#system.resource, 'Boot', 'BootSourceOverrideMode');
    const mode = this.#modeIsFixed ? told : (this.#wish.mode ?? told);
    const full = mode === undefined ? plain : { ...plain, BootSourceOverrideMode: mode };
    // BMCs that do not show a mode mostly refuse it.
    const bodies = full === plain ? [plain] : told === undefined ? [plain, full] : [full, plain];
    const uris = [this.#system.uri, ...(this.#settings === undefined ? [] : [this.#settings.uri])];
    const ways: Way[] = uris.flatMap((uri) => bodies.map((boot) => ({ uri, boot })));
    const hasEtag = this.#system.etags.length > 0;
    return hasEtag ? [...ways, ...ways.slice(0, 1).map((way) => ({ ...way, withEtag: true }))] : ways;
  }

  /** A boot option for the next start (schema ComputerSystem: BootNext, and UefiTargetBootSourceOverride). */
  #nextOptions(options: readonly BootOption[], listed: readonly string[] | undefined): Way[] {
    const [option] = options;
    if (option === undefined) return [];
    const once = { BootSourceOverrideEnabled: 'Once' };
    const next = { ...once, BootSourceOverrideTarget: 'UefiBootNext', BootNext: option.reference };
    const path = {
      ...once,
      BootSourceOverrideTarget: 'UefiTarget',
      UefiTargetBootSourceOverride: option.path,
    };
    const bodies = [
      ...(listed?.includes('UefiBootNext') ? [next] : []),
      ...(listed?.includes('UefiTarget') && option.path !== '' ? [path] : []),
    ];
    return bodies.map((boot) => ({ uri: this.#system.uri, boot }));
  }

  /** The boot order with the device's options first. */
  #orders(options: readonly BootOption[]): Way[] {
    const { uri, resource } = this.#system;
    const now = textsAt(resource, 'Boot', 'BootOrder');
    const references = options.map(({ reference }) => reference).filter((name) => now?.includes(name));
    if (now === undefined || references.length === 0) return [];
    const BootOrder = [...references, ...now.filter((reference) => !references.includes(reference))];
    const uris = [uri, ...(this.#settings === undefined ? [] : [this.#settings.uri])];
    return uris.map((place) => ({ uri: place, boot: { BootOrder } }));
  }

  /** Tries the ways in order. Returns whether one had the wanted result. */
  async #tryAll(ways: readonly Way[]): Promise<boolean> {
    for (const way of ways) {
      if (this.#readOnly.has(way.uri)) continue;
      // An order that is set already is not sent.
      if ('BootOrder' in way.boot && this.#isKept(this.#system.resource, way.boot)) return true;
      if (await this.#try(way)) {
        if (this.#tries > 1) this.#service.info(say`boot source taken at try ${this.#tries}`);
        return true;
      }
    }
    return false;
  }

  async #try({ uri, boot, withEtag }: Way): Promise<boolean> {
    this.#tries += 1;
    try {
      const { warnings, pending } = await this.#service.patch(uri, { Boot: boot }, { withEtag });
      this.#code = 502;
      this.#hear(warnings, boot);
      // A job that waits for the next start shows no effect before it.
      if (await this.#comesAbout(uri, boot, pending === undefined ? LOOKS : 1)) return true;
      if (pending !== undefined) {
        this.#service.info(say`${foreignPath(uri)}: set at the next start of the machine: ${pending}`);
        return true;
      }
      this.#say(...warnings.map(({ text }) => say`${foreign(text)}`));
      return false;
    } catch (error) {
      const refused = refusedWith(error);
      if (refused === undefined || !(error instanceof ModelError)) throw error;
      this.#code ??= error.code;
      this.#hear(refused.said, boot);
      // Try without the mode, which may be what the BMC refuses.
      if ('BootSourceOverrideMode' in boot) this.#modeIsFixed = true;
      const isReadOnly = refused.said.some(
        ({ name, args }) => /NotWritable/i.test(name) && args.includes('Boot'),
      );
      if (isReadOnly) this.#readOnly.add(uri);
      // The error begins with the BMC's name, as the final error will.
      const [first = '', ...more] = error.messages;
      this.#say(own(first.replace(`BMC ${this.#service.name}: `, '')), ...more.map(own));
      return false;
    }
  }

  /**
   * Learns from messages. A service may answer 200 and list the properties that it ignored (DSP0266, 7.5 Data
   * modification requests: PATCH).
   */
  #hear(said: readonly { text: string; args: readonly string[] }[], boot: Resource): void {
    const isAbout = (name: string) =>
      name in boot && said.some(({ text, args }) => [text, ...args].some((words) => words.includes(name)));
    if (isAbout('BootSourceOverrideMode')) this.#modeIsFixed = true;
    if (isAbout('HttpBootUri')) this.#urlIsUnknown = true;
  }

  #say(...lines: readonly Wording[]): void {
    this.#said.push(...lines);
  }

  /** Whether the change shows in the written resource or in the system. */
  async #comesAbout(uri: string, boot: Resource, looks: number): Promise<boolean> {
    for (let look = 1; ; look++) {
      for (const place of this.#placesOf(uri, boot)) {
        if (!this.#isKept((await this.#service.get(place)).resource, boot)) continue;
        if (place !== this.#system.uri)
          this.#service.info(say`${foreignPath(place)}: holds the boot settings`);
        return true;
      }
      if (look >= looks) return false;
      await this.#service.pause();
    }
  }

  /** An order written to the system may show in its settings only. */
  #placesOf(uri: string, boot: Resource): Set<string> {
    const waiting = 'BootOrder' in boot && this.#settings !== undefined ? [this.#settings.uri] : [];
    return new Set([uri, this.#system.uri, ...waiting]);
  }

  #isKept(resource: Resource, boot: Resource): boolean {
    const isSo = Object.entries(boot).every(
      ([name, value]) => name === 'BootSourceOverrideMode' || isSame(at(resource, 'Boot', name), value),
    );
    return isSo && ('BootOrder' in boot || this.#hasMode(resource));
  }

  /** Another mode than the wanted one is accepted only when the mode is read-only and unchanged. */
  #hasMode(resource: Resource): boolean {
    const { mode } = this.#wish;
    const told = textAt(resource, 'Boot', 'BootSourceOverrideMode');
    if (mode === undefined || told === undefined || told === mode) return true;
    if (!this.#modeIsFixed || told !== textAt(this.#system.resource, 'Boot', 'BootSourceOverrideMode'))
      return false;
    this.#service.warn(
      say`the boot mode stays ${foreign(told)}: the BMC does not let it be changed to ${own(mode)}`,
    );
    return true;
  }

  async #failure(
    listed: readonly string[] | undefined,
    spans: readonly string[] | undefined,
  ): Promise<ModelError> {
    const { uri } = this.#system;
    const { span, device, mode } = this.#wish;
    const asked = joined(
      [
        own(span),
        own(device === 'VirtualCd' ? 'virtual CD' : device),
        ...(mode === undefined ? [] : [own(mode)]),
      ],
      ', ',
    );
    const now = bootNow((await this.#service.get(uri)).resource);
    const allowed = [
      ...(listed === undefined ? [] : [say`it allows the boot sources ${joined(listed.map(foreign), ', ')}`]),
      ...(spans === undefined ? [] : [say`it allows them for ${joined(spans.map(foreign), ', ')}`]),
    ];
    const outcome = own(
      device === 'None' ? 'the boot source is still overridden' : 'the boot source is not overridden',
    );
    const what = say`${foreignPath(uri)}: asked for ${asked}, the BMC has ${now}: ${outcome}`;
    if (this.#urlIsUnknown) {
      return this.#service.error(501, what, own('it cannot be told a URL; without one, DHCP tells it'));
    }
    if (this.#tries > 0) return this.#service.error(this.#code ?? 502, what, ...distinct(this.#said));
    const noOrder = span === 'Once' ? [] : [own('its boot order has no such device, or cannot be changed')];
    return this.#service.error(501, what, ...allowed, ...noOrder);
  }
}

/** The values of BootSourceOverrideEnabled that a BMC lists; undefined when it lists none. */
function allowedSpans(...resources: readonly (Resource | undefined)[]): string[] | undefined {
  for (const resource of resources) {
    const listed = textsAt(resource, 'Boot', 'BootSourceOverrideEnabled@Redfish.AllowableValues');
    if (listed !== undefined && listed.length > 0) return listed;
  }
  return undefined;
}

function isSame(told: unknown, asked: unknown): boolean {
  if (typeof told === 'string' && typeof asked === 'string')
    return told.toLowerCase() === asked.toLowerCase();
  if (Array.isArray(told) && Array.isArray(asked)) {
    return told.length === asked.length && told.every((value, index) => value === asked[index]);
  }
  return told === asked;
}

function bootNow(resource: Resource): Wording {
  const words = ['Enabled', 'Target', 'Mode'].map((name) =>
    textAt(resource, 'Boot', `BootSourceOverride${name}`),
  );
  const told = words.filter((word) => word !== undefined);
  return told.length === 0 ? own('none that it tells') : joined(told.map(foreign), ', ');
}

function distinct(lines: readonly Wording[]): Wording[] {
  return [...new Map(lines.map((line) => [JSON.stringify(line.parts), line])).values()];
}
