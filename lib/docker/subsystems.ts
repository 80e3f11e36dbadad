import { ModelError } from '../models/index.ts';
import type {
  Authorization,
  IpamDriver,
  LogDriver,
  LogInfo,
  NetworkDriver,
  RequestContext,
  Subsystem,
  VolumeDriver,
} from './protocol.ts';

/** Types of the fields of a request. */
type Shape = Readonly<Record<string, 'text' | 'object' | 'list' | 'number' | 'flag' | 'any'>>;

/** A method of a subsystem: the fields of its request, and its handler. */
export interface Method {
  shape: Shape;
  answer(request: never, context: RequestContext): unknown;
}

/** The methods of a subsystem by name. */
export interface ServedSubsystem {
  name: Subsystem;
  methods: ReadonlyMap<string, Method>;
}

/** Values for absent fields, by type: Go leaves empty fields out, or writes null. */
const EMPTY = { text: '', object: {}, list: [], number: 0, flag: false, any: null };

const NETWORK: Shape = { NetworkID: 'text' };
const NETWORK_DATA: Shape = { ...NETWORK, Options: 'object', IPv4Data: 'list', IPv6Data: 'list' };
const ENDPOINT: Shape = { ...NETWORK, EndpointID: 'text' };
const DISCOVERY: Shape = { DiscoveryType: 'number', DiscoveryData: 'any' };
const JUDGED: Shape = {
  User: 'text',
  UserAuthNMethod: 'text',
  RequestMethod: 'text',
  RequestUri: 'text',
  RequestBody: 'text',
  RequestHeaders: 'object',
};

/** A request with the fields of `shape`; absent ones are filled in. Throws ModelError 400 that names a wrong field. */
export function requestOf(value: unknown, shape: Shape): Record<string, unknown> {
  if (value !== null && (typeof value !== 'object' || Array.isArray(value))) {
    throw new ModelError(400, 'expected an object');
  }
  const given = (value ?? {}) as Record<string, unknown>;
  const filled = Object.entries(shape).map(([field, kind]): [string, unknown] => {
    const content = given[field] ?? EMPTY[kind];
    if (kind !== 'any' && kindOf(content) !== kind) {
      // Without the value: options and headers may be secret.
      throw new ModelError(400, `${field}: expected ${NAMES[kind]}, found ${NAMES[kindOf(content)]}`);
    }
    return [field, content];
  });
  return { ...given, ...Object.fromEntries(filled) };
}

const NAMES = {
  text: 'a text',
  object: 'an object',
  list: 'a list',
  number: 'a number',
  flag: 'true or false',
  null: 'null',
};

function kindOf(value: unknown): keyof typeof NAMES {
  if (Array.isArray(value)) return 'list';
  if (value === null) return 'null';
  const kinds = { string: 'text', object: 'object', number: 'number', boolean: 'flag' } as const;
  return kinds[typeof value as keyof typeof kinds] ?? 'null';
}

/** Only the methods that the driver has. Docker takes a 404 for the others as "not supported". */
function methods(entries: readonly [name: string, shape: Shape, answer: Method['answer'] | undefined][]) {
  const offered = entries.flatMap(([name, shape, answer]): [string, Method][] =>
    answer === undefined ? [] : [[name, { shape, answer }]],
  );
  return new Map(offered);
}

export function volumeDriver(driver: VolumeDriver): ServedSubsystem {
  const name: Shape = { Name: 'text' };
  const mount: Shape = { ...name, ID: 'text' };
  return {
    name: 'VolumeDriver',
    methods: methods([
      ['VolumeDriver.Create', { ...name, Opts: 'object' }, driver.create.bind(driver)],
      ['VolumeDriver.Remove', name, driver.remove.bind(driver)],
      ['VolumeDriver.Mount', mount, driver.mount.bind(driver)],
      ['VolumeDriver.Unmount', mount, driver.unmount.bind(driver)],
      ['VolumeDriver.Path', name, driver.path.bind(driver)],
      ['VolumeDriver.Get', name, driver.get.bind(driver)],
      ['VolumeDriver.List', {}, driver.list.bind(driver)],
      ['VolumeDriver.Capabilities', {}, () => ({ Capabilities: { Scope: driver.scope ?? 'local' } })],
    ]),
  };
}

export function networkDriver(driver: NetworkDriver): ServedSubsystem {
  const capabilities = () => ({
    Scope: driver.scope,
    ConnectivityScope: driver.connectivityScope ?? driver.scope,
    GwAllocChecker: false,
  });
  return {
    name: 'NetworkDriver',
    methods: methods([
      ['NetworkDriver.GetCapabilities', {}, capabilities],
      ['NetworkDriver.CreateNetwork', NETWORK_DATA, driver.createNetwork.bind(driver)],
      ['NetworkDriver.DeleteNetwork', NETWORK, driver.deleteNetwork.bind(driver)],
      ['NetworkDriver.AllocateNetwork', NETWORK_DATA, driver.allocateNetwork?.bind(driver)],
      ['NetworkDriver.FreeNetwork', NETWORK, driver.freeNetwork?.bind(driver)],
      [
        'NetworkDriver.CreateEndpoint',
        { ...ENDPOINT, Interface: 'object', Options: 'object' },
        driver.createEndpoint.bind(driver),
      ],
      ['NetworkDriver.DeleteEndpoint', ENDPOINT, driver.deleteEndpoint.bind(driver)],
      // Docker asks this for every container that it lists.
      [
        'NetworkDriver.EndpointOperInfo',
        ENDPOINT,
        driver.endpointInfo?.bind(driver) ?? (() => ({ Value: {} })),
      ],
      [
        'NetworkDriver.Join',
        { ...ENDPOINT, SandboxKey: 'text', Options: 'object' },
        driver.join.bind(driver),
      ],
      ['NetworkDriver.Leave', ENDPOINT, driver.leave.bind(driver)],
      ['NetworkDriver.DiscoverNew', DISCOVERY, driver.discoverNew?.bind(driver) ?? (() => ({}))],
      ['NetworkDriver.DiscoverDelete', DISCOVERY, driver.discoverDelete?.bind(driver) ?? (() => ({}))],
      [
        'NetworkDriver.ProgramExternalConnectivity',
        { ...ENDPOINT, Options: 'object' },
        driver.programExternalConnectivity?.bind(driver) ?? (() => ({})),
      ],
      [
        'NetworkDriver.RevokeExternalConnectivity',
        ENDPOINT,
        driver.revokeExternalConnectivity?.bind(driver) ?? (() => ({})),
      ],
    ]),
  };
}

export function ipamDriver(driver: IpamDriver): ServedSubsystem {
  const capabilities = () => ({
    RequiresMACAddress: driver.requiresMacAddress ?? false,
    RequiresRequestReplay: driver.requiresRequestReplay ?? false,
  });
  return {
    name: 'IpamDriver',
    methods: methods([
      ['IpamDriver.GetCapabilities', {}, capabilities],
      ['IpamDriver.GetDefaultAddressSpaces', {}, driver.defaultAddressSpaces.bind(driver)],
      [
        'IpamDriver.RequestPool',
        { AddressSpace: 'text', Pool: 'text', SubPool: 'text', Options: 'object', V6: 'flag' },
        driver.requestPool.bind(driver),
      ],
      ['IpamDriver.ReleasePool', { PoolID: 'text' }, driver.releasePool.bind(driver)],
      [
        'IpamDriver.RequestAddress',
        { PoolID: 'text', Address: 'text', Options: 'object' },
        driver.requestAddress.bind(driver),
      ],
      ['IpamDriver.ReleaseAddress', { PoolID: 'text', Address: 'text' }, driver.releaseAddress.bind(driver)],
    ]),
  };
}

export function authorization(driver: Authorization): ServedSubsystem {
  return {
    name: 'authz',
    methods: methods([
      ['AuthZPlugin.AuthZReq', JUDGED, driver.request.bind(driver)],
      [
        'AuthZPlugin.AuthZRes',
        { ...JUDGED, ResponseStatusCode: 'number', ResponseBody: 'text', ResponseHeaders: 'object' },
        driver.response?.bind(driver) ?? (() => ({ Allow: true })),
      ],
    ]),
  };
}

/** The log streams of a plugin, by file. */
export interface LogStreams {
  start(file: string, info: LogInfo): Promise<void>;
  stop(file: string): Promise<void>;
}

/** `ReadLogs` is answered with a stream, which the server makes. */
export function logDriver(driver: LogDriver, streams: LogStreams): ServedSubsystem {
  return {
    name: 'LogDriver',
    methods: methods([
      ['LogDriver.Capabilities', {}, () => ({ Cap: { ReadLogs: driver.read !== undefined } })],
      [
        'LogDriver.StartLogging',
        { File: 'text', Info: 'object' },
        ({ File, Info }: { File: string; Info: LogInfo }) => streams.start(File, Info),
      ],
      ['LogDriver.StopLogging', { File: 'text' }, ({ File }: { File: string }) => streams.stop(File)],
      ['LogDriver.ReadLogs', { Info: 'object', Config: 'object' }, driver.read?.bind(driver)],
    ]),
  };
}
