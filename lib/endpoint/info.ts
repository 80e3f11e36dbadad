import { hostname } from 'node:os';
import type { EndpointUrls } from '../template/index.ts';
import { urlHost } from './http/listener.ts';
import type { Ports } from './http/servers.ts';
import { FEATURES } from './state/features.ts';

/** `models.LicenseBundle` of an endpoint without a license. */
const LICENSE = {
  Contact: '',
  ContactEmail: '',
  ContactId: '',
  GenerationVersion: '',
  Grantor: '',
  GrantorEmail: '',
  Licenses: [],
  MaxDrpVersion: '',
  Owner: '',
  OwnerEmail: '',
  OwnerId: '',
  Version: '',
};

/** `models.ClusterState` of a single endpoint. */
const CLUSTER_STATE = {
  ActiveUri: '',
  ConsensusEnabled: false,
  ConsensusJoin: '',
  Enabled: false,
  HaID: '',
  LoadBalanced: false,
  Nodes: null,
  Roots: null,
  ServerHostname: '',
  Token: '',
  Valid: false,
  VirtAddr: '',
};

const VERSION = 'v4.8.0';

const ARCHITECTURES: Readonly<Record<string, string>> = { x64: 'amd64', ia32: '386' };

/** The answer of `GET /info` (`models.Info`). */
export function endpointInfo(about: {
  id: string;
  address: string;
  ports: Ports;
  /** The number of objects of a prefix. */
  count(prefix: string): number;
  scopes: Record<string, unknown>;
}): Record<string, unknown> {
  return {
    arch: ARCHITECTURES[process.arch] ?? process.arch,
    os: process.platform,
    version: VERSION,
    id: about.id,
    local_id: about.id,
    ha_id: about.id,
    api_port: about.ports.api,
    file_port: about.ports.files,
    secure_file_port: 0,
    // Default ports of services that are not enabled.
    dhcp_port: 67,
    binl_port: 4011,
    tftp_port: 69,
    tftp_enabled: false,
    dhcp_enabled: false,
    binl_enabled: false,
    prov_enabled: true,
    secure_prov_enabled: false,
    address: about.address,
    server_hostname: hostname(),
    manager: false,
    stats: [
      { name: 'machines.count', count: about.count('machines') },
      { name: 'subnets.count', count: about.count('subnets') },
      { name: 'contexts.count', count: about.count('contexts') },
    ],
    features: FEATURES,
    scopes: about.scopes,
    License: LICENSE,
    errors: [],
    ha_enabled: false,
    ha_virtual_address: '',
    ha_is_active: true,
    ha_status: 'Up',
    ha_active_id: about.id,
    ha_passive_state: [],
    ClusterState: CLUSTER_STATE,
  };
}

/**
 * The endpoint's URLs for a client that reached it at `address`. There is no HTTPS file server, so its fields have the
 * HTTP URL.
 */
export function endpointUrls(address: string, ports: Ports): EndpointUrls {
  const [host, name] = [urlHost(address), hostname()];
  return {
    ProvisionerAddress: address,
    ProvisionerURL: `http://${host}:${ports.files}`,
    SecureProvisionerURL: `http://${host}:${ports.files}`,
    ApiURL: `https://${host}:${ports.api}`,
    ProvisionerHostURL: `http://${name}:${ports.files}`,
    SecureProvisionerHostURL: `http://${name}:${ports.files}`,
    ApiHostURL: `https://${name}:${ports.api}`,
  };
}
