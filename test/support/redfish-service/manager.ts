import { type Endpoint, link, type Reply, ROOT } from './endpoint.ts';
import { errorBody, message } from './messages.ts';
import type { Json } from './rules.ts';

/** The form that an iDRAC's import takes; white space between the elements makes its job fail (openstack/sushy-oem-idrac). */
const CONFIGURATION =
  /^<SystemConfiguration><Component FQDD="([\w.]+)">((?:<Attribute Name="[\w.#]+">[\w-]+<\/Attribute>)+)<\/Component><\/SystemConfiguration>$/;

/** The BMC itself (schema Manager 1.24), with Dell's action to import a configuration. */
export class Manager {
  readonly id: string;
  readonly uri: string;
  /** Dell: attributes that were imported. */
  readonly attributes = new Map<string, string>();
  /** To what others have put below it. */
  linksToCome: Json = {};
  /** What its Links have besides. */
  links: Json = {};
  /** Reset types that it was told. */
  readonly resets: string[] = [];
  /** Called with each reset. */
  onReset: () => void = () => {};
  readonly #vendor: string | undefined;

  constructor(vendor: string | undefined) {
    this.#vendor = vendor;
    this.id = vendor === 'Dell' ? 'iDRAC.Embedded.1' : vendor === 'HPE' ? '1' : 'BMC';
    this.uri = `${ROOT}/Managers/${this.id}`;
  }

  endpoints(systems: readonly string[], hasMedia: boolean, resets?: readonly string[]): [string, Endpoint][] {
    const restart = `${this.uri}/Actions/Manager.Reset`;
    const told = { target: restart, 'ResetType@Redfish.AllowableValues': resets };
    const target = `${this.uri}/Actions/Oem/EID_674_Manager.ImportSystemConfiguration`;
    const oem = { '#OemManager.ImportSystemConfiguration': { target } };
    const read = (): Json => ({
      '@odata.type': '#Manager.v1_24_0.Manager',
      Id: this.id,
      Name: 'Manager',
      ManagerType: 'BMC',
      Links: { ManagerForServers: systems.map(link), ...this.links },
      ...this.linksToCome,
      ...(hasMedia ? { VirtualMedia: link(`${this.uri}/VirtualMedia`) } : {}),
      Actions: {
        ...(resets === undefined ? {} : { '#Manager.Reset': told }),
        Oem: this.#vendor === 'Dell' ? oem : {},
      },
    });
    const endpoints: [string, Endpoint][] = [[this.uri, { read }]];
    if (resets !== undefined) {
      const action: Endpoint['action'] = {
        name: 'Manager.Reset',
        rules: () => ({ ResetType: { type: 'string', values: resets, required: true } }),
        apply: ({ ResetType }) => {
          this.resets.push(String(ResetType));
          this.onReset();
          return undefined;
        },
      };
      endpoints.push([restart, { action }]);
    }
    if (this.#vendor === 'Dell') {
      endpoints.push([
        target,
        {
          action: {
            name: 'OemManager.ImportSystemConfiguration',
            rules: () => ({
              ImportBuffer: { type: 'string', required: true },
              ShareParameters: {
                type: 'object',
                required: true,
                properties: { Target: { type: 'string', required: true } },
              },
              ShutdownType: { type: 'string', values: ['Graceful', 'Forced', 'NoReboot'] },
            }),
            apply: ({ ImportBuffer }) => this.#import(String(ImportBuffer)),
          },
        },
      ]);
    }
    return endpoints;
  }

  #import(buffer: string): Reply | undefined {
    const [, component, attributes = ''] = CONFIGURATION.exec(buffer) ?? [];
    if (component !== this.id) {
      return {
        status: 400,
        body: errorBody([message('ActionParameterValueTypeError', 'XML', 'ImportBuffer', 'Import')]),
      };
    }
    for (const [, name = '', value = ''] of attributes.matchAll(/<Attribute Name="([^"]+)">([^<]+)</g)) {
      this.attributes.set(name, value);
    }
    return undefined;
  }

  /** Dell: whether the next start is to be from the virtual CD; it is so but once. */
  takeBootOnce(): boolean {
    const once =
      this.attributes.get('ServerBoot.1#BootOnce') === 'Enabled' &&
      this.attributes.get('ServerBoot.1#FirstBootDevice') === 'VCD-DVD';
    if (once) this.attributes.set('ServerBoot.1#BootOnce', 'Disabled');
    return once;
  }
}
