import { BiosActions } from '../../cmd/bios/actions.ts';
import type { BiosRequest } from '../../cmd/bios/bmc.ts';
import {
  type BiosOptions,
  type RedfishOptions,
  RedfishService,
  type RegistryEntry,
} from '../support/redfish-service/index.ts';

const values = (...names: string[]) =>
  names.map((ValueName) => ({ ValueName, ValueDisplayName: `${ValueName} (shown)` }));

/** A registry with an attribute of each kind, in the shape of DSP2043's mockup public-rackmount1 and of Dell's. */
export const REGISTRY: readonly RegistryEntry[] = [
  { AttributeName: 'BootMode', Type: 'Enumeration', Value: values('Bios', 'Uefi'), DefaultValue: 'Bios' },
  {
    AttributeName: 'SysProfile',
    Type: 'Enumeration',
    Value: values('Performance', 'Custom'),
    DefaultValue: 'Performance',
  },
  {
    AttributeName: 'Turbo',
    Type: 'Enumeration',
    Value: values('Enabled', 'Disabled'),
    DefaultValue: 'Enabled',
    ReadOnly: false,
  },
  {
    AttributeName: 'Cores',
    Type: 'Integer',
    LowerBound: 2,
    UpperBound: 64,
    ScalarIncrement: 2,
    DefaultValue: 64,
  },
  { AttributeName: 'Numa', Type: 'Boolean', DefaultValue: true },
  {
    AttributeName: 'AssetTag',
    Type: 'String',
    MinLength: 0,
    MaxLength: 8,
    ValueExpression: '^[A-Z0-9]*$',
    DefaultValue: '',
  },
  { AttributeName: 'Version', Type: 'String', ReadOnly: true },
  { AttributeName: 'Serial', Type: 'String', Immutable: true },
  { AttributeName: 'AdminPassword', Type: 'Password', MaxLength: 32 },
];

/** Turbo is the owner's to choose with the profile Custom only. */
export const DEPENDENCIES = [
  {
    Dependency: {
      MapFrom: [
        {
          MapFromAttribute: 'SysProfile',
          MapFromCondition: 'NEQ',
          MapFromProperty: 'CurrentValue',
          MapFromValue: 'Custom',
        },
      ],
      MapToAttribute: 'Turbo',
      MapToProperty: 'ReadOnly',
      MapToValue: true,
    },
    DependencyFor: 'Turbo',
    Type: 'Map',
  },
];

export const ATTRIBUTES = {
  BootMode: 'Bios',
  SysProfile: 'Performance',
  Turbo: 'Enabled',
  Cores: 64,
  Numa: true,
  AssetTag: 'A1',
  Version: '2.1.0',
  Serial: 'S-1',
  AdminPassword: null,
};

export const BIOS: BiosOptions = { attributes: ATTRIBUTES, registry: REGISTRY, dependencies: DEPENDENCIES };

type Command = 'get' | 'test' | 'apply' | 'reset' | 'changePassword';

/** Calls an action on the BMC of the test. */
export interface Actor {
  (command: Command, params?: Record<string, unknown>): Promise<unknown>;
  readonly lines: string[];
}

export function biosActor(service: RedfishService): Actor {
  const actions = new BiosActions({ pollMs: 5, retryMs: 200 });
  const lines: string[] = [];
  const note = (message: string) => void lines.push(message);
  const call = (command: Command, params: Record<string, unknown> = {}) => {
    const request: BiosRequest = {
      params: {
        'ipmi/address': service.address,
        'ipmi/port-redfish': service.port,
        'ipmi/username': 'admin',
        'ipmi/password': 'redfish-pa55',
        ...params,
      },
      log: { info: note, warn: note },
      signal: AbortSignal.timeout(60_000),
    };
    return actions[command](request) as Promise<unknown>;
  };
  return Object.assign(call, { lines });
}

/** A machine with that BIOS, for the time of `work`, which does nothing against the standard and leaves no session. */
export async function withBios(
  bios: Partial<BiosOptions>,
  work: (act: Actor, service: RedfishService) => Promise<void>,
  options: RedfishOptions = {},
): Promise<void> {
  const [system = {}] = options.systems ?? [];
  await using service = await RedfishService.start({
    ...options,
    systems: [{ ...system, bios: { ...BIOS, ...bios } }],
  });
  await work(biosActor(service), service);
  if (service.violations.length > 0)
    throw new Error(`against the standard: ${service.violations.join('; ')}`);
  if (service.sessions.open > 0) throw new Error(`${service.sessions.open} sessions were left open`);
}

/** The machine starts again, as somebody at its power button would have it. */
export function reboot(service: RedfishService): void {
  service.system.bios?.boot();
}
