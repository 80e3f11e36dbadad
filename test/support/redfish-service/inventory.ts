import { collection, type Endpoint, link } from './endpoint.ts';
import type { RedfishOptions } from './options.ts';
import type { Json, Rules } from './rules.ts';

/** What a member of each collection tells; property names are those of the schemas. */
const MEMBERS: Readonly<
  Record<string, { type: string; version: string; ids: readonly string[]; tells: Json }>
> = {
  Processors: {
    type: 'Processor',
    version: 'v1_22_0',
    ids: ['CPU1', 'CPU2'],
    tells: { ProcessorType: 'CPU', TotalCores: 8 },
  },
  Memory: {
    type: 'Memory',
    version: 'v1_23_0',
    ids: ['DIMM1', 'DIMM2', 'DIMM3', 'DIMM4', 'DIMM5', 'DIMM6'],
    tells: { CapacityMiB: 16384, MemoryDeviceType: 'DDR4' },
  },
  Storage: { type: 'Storage', version: 'v1_20_0', ids: ['RAID.1'], tells: { Drives: [] } },
  SimpleStorage: {
    type: 'SimpleStorage',
    version: 'v1_3_2',
    ids: ['1'],
    tells: { Devices: [{ Name: 'SATA Bay 1', CapacityBytes: 8_000_000_000_000 }] },
  },
  EthernetInterfaces: {
    type: 'EthernetInterface',
    version: 'v1_12_4',
    ids: ['NIC.1', 'NIC.2'],
    tells: { MACAddress: '12:44:6A:3B:04:11', SpeedMbps: 1000 },
  },
  NetworkInterfaces: {
    type: 'NetworkInterface',
    version: 'v1_2_3',
    ids: ['NIC'],
    tells: { Links: {} },
  },
};

const SINGLE: Readonly<Record<string, Json>> = {
  Bios: {
    '@odata.type': '#Bios.v1_2_3.Bios',
    Id: 'Bios',
    Name: 'BIOS settings',
    Attributes: { BootMode: 'Uefi', ProcCoreDisable: 0 },
  },
  SecureBoot: {
    '@odata.type': '#SecureBoot.v1_1_2.SecureBoot',
    Id: 'SecureBoot',
    Name: 'UEFI Secure Boot',
    SecureBootEnable: true,
    SecureBootCurrentBoot: 'Enabled',
  },
};

/** The parts of a system, and its links to them. */
export function inventory(
  system: string,
  health: Readonly<Record<string, readonly string[]>>,
  without: ReadonlySet<string>,
  secureBoot?: RedfishOptions['secureBoot'],
): { links: Json; endpoints: [string, Endpoint][] } {
  const links: Json = {};
  const endpoints: [string, Endpoint][] = [];
  const add = (name: string, endpoint: Endpoint) => {
    links[name] = link(`${system}/${name}`);
    endpoints.push([`${system}/${name}`, endpoint]);
  };
  for (const [name, resource] of Object.entries(SINGLE)) {
    if (!without.has(name)) add(name, { read: () => resource });
  }
  if (secureBoot !== undefined) endpoints.push(...secureBootThatChanges(`${system}/SecureBoot`, secureBoot));
  for (const [name, { type, version, ids, tells }] of Object.entries(MEMBERS)) {
    if (without.has(name)) continue;
    const uris = ids.map((id) => `${system}/${name}/${id}`);
    add(name, collection(type, uris));
    for (const [index, id] of ids.entries()) {
      const Health = health[name]?.[index] ?? 'OK';
      endpoints.push([
        `${system}/${name}/${id}`,
        {
          read: () => ({
            '@odata.type': `#${type}.${version}.${type}`,
            Id: id,
            Name: id,
            Status: { State: 'Enabled', Health },
            ...tells,
          }),
        },
      ]);
    }
  }
  return { links, endpoints };
}

/** Dell answers with a job, others have a settings resource (DSP0266, Settings resource). */
function secureBootThatChanges(
  uri: string,
  way: NonNullable<RedfishOptions['secureBoot']>,
): [string, Endpoint][] {
  const state: Json = { ...SINGLE.SecureBoot };
  const pending: Json = { SecureBootEnable: state.SecureBootEnable };
  const rules = (): Rules => ({
    SecureBootEnable: way === 'settings' ? { type: 'read-only' } : { type: 'boolean' },
  });
  const settings =
    way === 'settings' ? { '@Redfish.Settings': { SettingsObject: link(`${uri}/Settings`) } } : {};
  const apply = (to: Json) => {
    if (way === 'resource') Object.assign(state, to);
  };
  return [
    [uri, { read: () => ({ ...state, ...settings }), change: { rules, apply } }],
    [
      `${uri}/Settings`,
      {
        read: () => pending,
        change: {
          rules: () => ({ SecureBootEnable: { type: 'boolean' } }),
          apply: (to) => Object.assign(pending, to),
        },
      },
    ],
  ];
}
