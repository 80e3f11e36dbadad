import { hostname } from 'node:os';

/** What this endpoint can do, in the words by which clients ask for it. */
const FEATURES = [
  'api-v3',
  'sane-exit-codes',
  'common-blob-size',
  'profileless-machine',
  'plugin-v2',
  'plugin-v2-safe-config',
  'http-range-header',
  'secure-params',
  'secure-params-in-content-packs',
  'secure-param-upgrade',
  'partial-objects',
];

const ARCHITECTURES: Readonly<Record<string, string>> = { x64: 'amd64', ia32: '386' };

/** `models.Info`. */
export function endpointInfo(about: {
  id: string;
  version: string;
  address: string;
  apiPort: number;
  filePort: number;
  machines: number;
}): Record<string, unknown> {
  return {
    arch: ARCHITECTURES[process.arch] ?? process.arch,
    os: process.platform,
    version: about.version,
    id: about.id,
    local_id: about.id,
    ha_id: about.id,
    api_port: about.apiPort,
    file_port: about.filePort,
    secure_file_port: 0,
    dhcp_port: 0,
    binl_port: 0,
    tftp_port: 0,
    tftp_enabled: false,
    dhcp_enabled: false,
    binl_enabled: false,
    prov_enabled: true,
    secure_prov_enabled: false,
    address: about.address,
    server_hostname: hostname(),
    manager: false,
    stats: [
      { name: 'machines.count', count: about.machines },
      { name: 'subnets.count', count: 0 },
    ],
    features: FEATURES,
    scopes: {},
    errors: [],
    ha_enabled: false,
    ha_virtual_address: '',
    ha_is_active: false,
    ha_status: '',
    ha_active_id: '',
    ha_passive_state: [],
  };
}
