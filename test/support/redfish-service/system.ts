import { BiosSettings } from './bios.ts';
import { collection, type Endpoint, type Endpoints, link, ROOT } from './endpoint.ts';
import { inventory } from './inventory.ts';
import { errorBody, message } from './messages.ts';
import type { RedfishOptions, SystemOptions } from './options.ts';
import { isJson, type Json, type Rules } from './rules.ts';
import { tree } from './tree.ts';

/** The reset types of DSP2043's mockup public-rackmount1, and PowerCycle. */
const RESET_TYPES = [
  'On',
  'ForceOff',
  'GracefulShutdown',
  'GracefulRestart',
  'ForceRestart',
  'Nmi',
  'ForceOn',
  'PushPowerButton',
  'PowerCycle',
];
/** Boot sources of that mockup. */
const TARGETS = [
  'None',
  'Pxe',
  'UefiHttp',
  'Cd',
  'Usb',
  'Hdd',
  'BiosSetup',
  'Utilities',
  'Diags',
  'UefiTarget',
];

const LED: Rules = { IndicatorLED: { type: 'string', values: ['Lit', 'Blinking', 'Off'] } };

/** One start of the machine: where it booted from, and in which mode. */
export interface Start {
  source: string;
  mode: string;
}

/** A computer system whose power, boot source and light can be changed (schema ComputerSystem 1.27). */
export class System {
  readonly id: string;
  readonly uri: string;
  readonly starts: Start[] = [];
  /** Reset types that were asked for and allowed. */
  readonly resets: string[] = [];
  power: 'On' | 'Off' | 'PoweringOn' | 'PoweringOff';
  readonly boot: Json = {
    BootSourceOverrideEnabled: 'Disabled',
    BootSourceOverrideTarget: 'None',
    'BootSourceOverrideTarget@Redfish.AllowableValues': TARGETS,
  };
  light: unknown;
  secureBoot: RedfishOptions['secureBoot'];
  /** To what others have put below it. */
  linksToCome: Json = {};
  /** What a job sets at the next start. */
  pendingBoot: Json = {};
  #lastReset = '2026-01-01T00:00:00Z';
  readonly #options: SystemOptions;
  readonly #manager: string;
  #read: () => Json = () => ({});
  /** Ends a change of the power that goes on until it was read. */
  #arriveLater: (() => void) | undefined;
  /** Where the vendor's own setting makes it boot from next, which comes before the standard's; it is used up by that. */
  vendorSource: () => string | undefined = () => undefined;
  readonly bios: BiosSettings | undefined;
  /** What the source Cd stands for. */
  opticalSource: () => string = () => 'physical CD';

  constructor(options: SystemOptions, index: number, manager: string) {
    this.#options = options;
    this.#manager = manager;
    this.id = options.id ?? `System.${index + 1}`;
    this.uri = `${ROOT}/Systems/${this.id}`;
    this.power = options.power ?? 'Off';
    this.bios = options.bios && new BiosSettings(options.bios, this.uri, manager);
    const { targets, spans, bootOptions } = options;
    if (targets !== undefined) this.boot['BootSourceOverrideTarget@Redfish.AllowableValues'] = targets;
    if (spans !== undefined) this.boot['BootSourceOverrideEnabled@Redfish.AllowableValues'] = spans;
    if (bootOptions !== undefined) {
      this.boot.BootOrder = Object.keys(bootOptions);
      this.boot.BootOptions = link(`${this.uri}/BootOptions`);
    }
    if (options.bootMode !== 'absent') this.boot.BootSourceOverrideMode = 'UEFI';
    this.light = { IndicatorLED: 'Off', LocationIndicatorActive: false, chassis: 'Off', none: undefined }[
      this.#light
    ];
  }

  get uuid(): string {
    return this.#options.uuid ?? '38947555-7742-3448-3784-823347823834';
  }

  get #light() {
    return this.#options.light ?? 'IndicatorLED';
  }

  get #lightIsOwn(): boolean {
    return this.#light === 'IndicatorLED' || this.#light === 'LocationIndicatorActive';
  }

  get #resetTypes(): readonly string[] | null {
    return this.#options.resetTypes === undefined ? RESET_TYPES : this.#options.resetTypes;
  }

  endpoints(hasMedia: boolean): Endpoints {
    const without = new Set(this.#options.without ?? []);
    const chassis = tree(`${ROOT}/Chassis/${this.id}`, this.#options.chassis ?? {});
    const parts = inventory(this.uri, this.#options.health ?? {}, without, this.secureBoot);
    const settings = this.#options.bootOn === 'settings' ? `${this.uri}/Settings` : undefined;
    const reset = `${this.uri}/Actions/ComputerSystem.Reset`;
    const read = (): Json => ({
      '@odata.id': this.uri,
      '@odata.type': '#ComputerSystem.v1_27_0.ComputerSystem',
      Id: this.id,
      Name: `Machine ${this.id}`,
      SystemType: 'Physical',
      Manufacturer: this.#options.manufacturer ?? 'Contoso',
      SerialNumber: `SN-${this.id}`,
      UUID: this.uuid,
      Status: { State: 'Enabled', Health: 'OK' },
      PowerState: this.power,
      ...(this.#options.tellsLastReset ? { LastResetTime: this.#lastReset } : {}),
      ...(without.has('Boot') ? {} : { Boot: this.boot }),
      ...(this.#lightIsOwn ? { [this.#light]: this.light } : {}),
      ProcessorSummary: { Count: 2, Status: { State: 'Enabled', Health: 'OK' } },
      MemorySummary: { TotalSystemMemoryGiB: 64, Status: { State: 'Enabled', Health: 'Warning' } },
      ...parts.links,
      ...this.linksToCome,
      ...(hasMedia ? { VirtualMedia: link(`${this.uri}/VirtualMedia`) } : {}),
      ...(settings === undefined ? {} : { '@Redfish.Settings': { SettingsObject: link(settings) } }),
      Links: {
        ...(without.has('ManagedBy') ? {} : { ManagedBy: [link(this.#manager)] }),
        Chassis: [link(`${ROOT}/Chassis/${this.id}`)],
      },
      Actions: { '#ComputerSystem.Reset': { target: reset, ...this.#resetTypesTold() } },
      ...this.#options.tells,
    });
    this.#read = read;
    const endpoints: [string, Endpoint][] = [
      [
        this.uri,
        {
          read: () => {
            const resource = read();
            const arrive = this.#arriveLater;
            this.#arriveLater = undefined;
            arrive?.();
            return resource;
          },
          change: { rules: () => this.#rules(settings === undefined), apply: (to) => this.#change(to) },
        },
      ],
      [
        reset,
        {
          action: {
            name: 'ComputerSystem.Reset',
            rules: () => ({ ResetType: { type: 'string', values: this.#resetTypes ?? RESET_TYPES } }),
            apply: ({ ResetType = 'On' }) => this.#reset(String(ResetType)),
          },
        },
      ],
      [`${this.uri}/ResetActionInfo`, { read: () => this.#actionInfo() }],
      [
        `${ROOT}/Chassis/${this.id}`,
        {
          read: () => ({
            '@odata.type': '#Chassis.v1_28_0.Chassis',
            Id: this.id,
            Name: 'Chassis',
            ChassisType: 'RackMount',
            ...chassis.links,
            ...(this.#light === 'chassis' ? { IndicatorLED: this.light } : {}),
          }),
          ...(this.#light === 'chassis'
            ? { change: { rules: () => LED, apply: (to) => this.#change(to) } }
            : {}),
        },
      ],
      ...parts.endpoints,
      // In place of the one that cannot be changed.
      ...(this.bios?.endpoints() ?? []),
      ...chassis.endpoints,
    ];
    const options = Object.entries(this.#options.bootOptions ?? {});
    if (options.length > 0) {
      const uris = options.map(([reference]) => `${this.uri}/BootOptions/${reference}`);
      endpoints.push([`${this.uri}/BootOptions`, collection('BootOption', uris)]);
      for (const [reference, tells] of options) {
        const option = { Id: reference, BootOptionReference: reference, ...tells };
        endpoints.push([`${this.uri}/BootOptions/${reference}`, { read: () => option }]);
      }
    }
    if (settings !== undefined) {
      endpoints.push([
        settings,
        {
          read: () => ({
            '@odata.type': '#ComputerSystem.v1_27_0.ComputerSystem',
            Id: 'Settings',
            Name: 'Pending',
            Boot: this.boot,
          }),
          change: { rules: () => this.#rules(true), apply: (to) => this.#change(to) },
        },
      ]);
    }
    return new Map(endpoints);
  }

  /** The resource as it is now, with some properties otherwise; undefined: not there. */
  described(otherwise: Json): Json {
    return { ...this.#read(), ...otherwise };
  }

  #resetTypesTold(): Json {
    if (this.#resetTypes === null) return {};
    return this.#options.resetTypesIn === 'action info'
      ? { '@Redfish.ActionInfo': `${this.uri}/ResetActionInfo` }
      : { 'ResetType@Redfish.AllowableValues': this.#resetTypes };
  }

  /** Schema ActionInfo 1.5: Parameters with Name, Required, DataType, AllowableValues. */
  #actionInfo(): Json {
    const parameter = {
      Name: 'ResetType',
      Required: true,
      DataType: 'String',
      AllowableValues: this.#resetTypes,
    };
    return {
      '@odata.type': '#ActionInfo.v1_5_0.ActionInfo',
      Id: 'ResetActionInfo',
      Name: 'Reset',
      Parameters: [parameter],
    };
  }

  #rules(bootIsWritable: boolean): Rules {
    const { bootMode = 'writable' } = this.#options;
    const mode: Rules =
      bootMode === 'absent'
        ? {}
        : {
            BootSourceOverrideMode:
              bootMode === 'fixed' ? { type: 'read-only' } : { type: 'string', values: ['Legacy', 'UEFI'] },
          };
    const light: Rules =
      this.#light === 'IndicatorLED'
        ? LED
        : this.#light === 'LocationIndicatorActive'
          ? { LocationIndicatorActive: { type: 'boolean' } }
          : {};
    const boot: Rules = {
      BootSourceOverrideEnabled: {
        type: 'string',
        values: this.#options.spans ?? ['Disabled', 'Once', 'Continuous'],
      },
      BootSourceOverrideTarget: { type: 'string', values: this.#options.targets ?? TARGETS },
      ...(this.#options.takesNoUrl ? {} : { HttpBootUri: { type: 'string' } }),
      BootNext: { type: 'string' },
      UefiTargetBootSourceOverride: { type: 'string' },
      ...(this.#options.bootOptions === undefined ? {} : { BootOrder: { type: 'list' } }),
      ...mode,
    };
    return {
      Boot: bootIsWritable ? { type: 'object', properties: boot } : { type: 'read-only' },
      ...light,
      AssetTag: { type: 'string' },
      PowerState: { type: 'read-only' },
      UUID: { type: 'read-only' },
      Id: { type: 'read-only' },
    };
  }

  #change({ Boot, ...rest }: Json): void {
    if (isJson(Boot)) Object.assign(this.boot, Boot);
    for (const name of ['IndicatorLED', 'LocationIndicatorActive']) if (name in rest) this.light = rest[name];
  }

  /** What each type leads to is in the schema Resource, ResetType. */
  #reset(type: string) {
    if (this.power === 'PoweringOn' || this.power === 'PoweringOff') {
      return { status: 409, body: errorBody([message('ResourceInUse')]) };
    }
    this.resets.push(type);
    if (this.#options.stuck || type === 'Nmi') return undefined;
    const isOn = this.power === 'On';
    if (['ForceOff', 'GracefulShutdown', 'Off'].includes(type) || (type === 'PushPowerButton' && isOn)) {
      if (isOn) this.#pass('PoweringOff', () => this.#arrive('Off'));
    } else if (['On', 'ForceOn', 'PushPowerButton'].includes(type)) {
      if (!isOn) this.#pass('PoweringOn', () => this.#arrive('On'));
    } else if (['PowerCycle', 'ForceRestart', 'GracefulRestart'].includes(type)) {
      this.#pass('PoweringOff', () => {
        this.#arrive('Off');
        this.#pass('PoweringOn', () => this.#arrive('On'));
      });
    }
    return undefined;
  }

  #pass(state: 'PoweringOn' | 'PoweringOff', arrive: () => void): void {
    const { transition } = this.#options;
    if (transition === undefined) {
      arrive();
      return;
    }
    this.power = state;
    if (transition === 'until read') this.#arriveLater = arrive;
  }

  #arrive(state: 'On' | 'Off'): void {
    this.power = state;
    if (state === 'Off') return;
    this.bios?.boot();
    this.#lastReset = `2026-01-02T00:00:${String(this.starts.length).padStart(2, '0')}Z`;
    Object.assign(this.boot, this.pendingBoot);
    this.pendingBoot = {};
    // The schema on BootSourceOverrideEnabled: Once becomes Disabled when it has been done, Continuous stays.
    const { BootSourceOverrideEnabled: enabled, BootSourceOverrideTarget: target } = this.boot;
    const standard = enabled === 'Disabled' || target === 'None' ? 'Hdd' : String(target);
    const source = this.vendorSource() ?? (standard === 'Cd' ? this.opticalSource() : standard);
    this.starts.push({ source, mode: String(this.boot.BootSourceOverrideMode ?? 'UEFI') });
    if (enabled === 'Once') this.boot.BootSourceOverrideEnabled = 'Disabled';
  }
}

export function systemCollection(systems: readonly System[]): Endpoint {
  return collection(
    'ComputerSystem',
    systems.map(({ uri }) => uri),
  );
}
