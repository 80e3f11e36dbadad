/**
 * Requests and answers of Docker's plugins (version 1, "legacy plugins"), with the field names of the protocol.
 * Sources: docs.docker.com/engine/extend, and dockerd's code: moby daemon/volume, daemon/logger, libnetwork,
 * pkg/authorization.
 */

/** Docker's value of Accept, and plugins' value of Content-Type. */
export const DOCKER_CONTENT_TYPE = 'application/vnd.docker.plugins.v1.2+json';

/** The subsystems that a plugin can implement, as named in the answer to Plugin.Activate. */
export type Subsystem =
  | 'VolumeDriver'
  | 'NetworkDriver'
  | 'IpamDriver'
  | 'authz'
  | 'LogDriver'
  | 'GraphDriver';

/** Passed to handlers with each request. */
export interface RequestContext {
  /** Aborted when the caller disconnects, and when the plugin stops. */
  signal: AbortSignal;
}

type Handler<Request, Answer> = (request: Request, context: RequestContext) => Answer | Promise<Answer>;

export type Options = Readonly<Record<string, string>>;

export interface Volume {
  Name: string;
  /** Absent while it is not mounted. */
  Mountpoint?: string;
  /** RFC 3339. */
  CreatedAt?: string;
  Status?: Readonly<Record<string, unknown>>;
}

export interface VolumeDriver {
  /** `Opts` are those of `docker volume create --opt`. */
  create: Handler<{ Name: string; Opts: Options }, void>;
  remove: Handler<{ Name: string }, void>;
  /** Makes the volume usable for the container with this ID, and returns its path. */
  mount: Handler<{ Name: string; ID: string }, { Mountpoint: string }>;
  unmount: Handler<{ Name: string; ID: string }, void>;
  path: Handler<{ Name: string }, { Mountpoint: string }>;
  /** Must fail for a volume that does not exist: Docker asks before it creates one. */
  get: Handler<{ Name: string }, { Volume: Volume }>;
  list: Handler<object, { Volumes: readonly Volume[] }>;
  /** `local`: the volumes of one host (default). `global`: those of a cluster. */
  scope?: 'local' | 'global';
}

export interface IpamData {
  AddressSpace: string;
  Pool: string;
  Gateway: string;
  AuxAddresses: Readonly<Record<string, string>>;
}

export interface EndpointInterface {
  /** With prefix length: `10.1.0.2/24`. */
  Address?: string;
  AddressIPv6?: string;
  MacAddress?: string;
}

export interface StaticRoute {
  Destination: string;
  /** 0: by the next hop. 1: on the link. */
  RouteType: 0 | 1;
  NextHop?: string;
}

interface Endpoint {
  NetworkID: string;
  EndpointID: string;
}

export interface NetworkDriver {
  scope: 'local' | 'global';
  connectivityScope?: 'local' | 'global';
  createNetwork: Handler<
    {
      NetworkID: string;
      Options: Readonly<Record<string, unknown>>;
      IPv4Data: readonly IpamData[];
      IPv6Data: readonly IpamData[];
    },
    void
  >;
  deleteNetwork: Handler<{ NetworkID: string }, void>;
  /** For drivers with global scope: called on a manager of the swarm. */
  allocateNetwork?: Handler<
    {
      NetworkID: string;
      Options: Options;
      IPv4Data: readonly IpamData[];
      IPv6Data: readonly IpamData[];
    },
    { Options: Options }
  >;
  freeNetwork?: Handler<{ NetworkID: string }, void>;
  /** Returns only what Docker left to the driver, no field that the request has. */
  createEndpoint: Handler<
    Endpoint & { Interface: EndpointInterface; Options: Readonly<Record<string, unknown>> },
    { Interface?: EndpointInterface }
  >;
  deleteEndpoint: Handler<Endpoint, void>;
  endpointInfo?: Handler<Endpoint, { Value: Readonly<Record<string, unknown>> }>;
  /** The interface `SrcName` is moved into the container and renamed to `DstPrefix` and a number. */
  join: Handler<
    Endpoint & { SandboxKey: string; Options: Readonly<Record<string, unknown>> },
    {
      InterfaceName?: { SrcName: string; DstPrefix: string };
      Gateway?: string;
      GatewayIPv6?: string;
      StaticRoutes?: readonly StaticRoute[];
      DisableGatewayService?: boolean;
    }
  >;
  leave: Handler<Endpoint, void>;
  discoverNew?: Handler<{ DiscoveryType: number; DiscoveryData: unknown }, void>;
  discoverDelete?: Handler<{ DiscoveryType: number; DiscoveryData: unknown }, void>;
  programExternalConnectivity?: Handler<Endpoint & { Options: Readonly<Record<string, unknown>> }, void>;
  revokeExternalConnectivity?: Handler<Endpoint, void>;
}

export interface IpamDriver {
  requiresMacAddress?: boolean;
  requiresRequestReplay?: boolean;
  defaultAddressSpaces: Handler<
    object,
    { LocalDefaultAddressSpace: string; GlobalDefaultAddressSpace: string }
  >;
  /** `Pool` in the answer has a prefix length: `10.1.0.0/24`. */
  requestPool: Handler<
    { AddressSpace: string; Pool: string; SubPool: string; Options: Options; V6: boolean },
    { PoolID: string; Pool: string; Data?: Options }
  >;
  releasePool: Handler<{ PoolID: string }, void>;
  /** `Address` in the answer has a prefix length: `10.1.0.2/24`. */
  requestAddress: Handler<
    { PoolID: string; Address: string; Options: Options },
    { Address: string; Data?: Options }
  >;
  releaseAddress: Handler<{ PoolID: string; Address: string }, void>;
}

/** A request to Docker's API to be authorized. */
export interface AuthorizationRequest {
  User: string;
  UserAuthNMethod: string;
  RequestMethod: string;
  RequestUri: string;
  /** Base64; absent for bodies that are not JSON or too large. */
  RequestBody?: string;
  RequestHeaders: Readonly<Record<string, string>>;
}

/** The request with Docker's answer to it. */
export interface AuthorizationAnswer extends AuthorizationRequest {
  /** 0 when dockerd leaves writing 200 to Go, as for `/_ping`. */
  ResponseStatusCode: number;
  /** Base64. */
  ResponseBody?: string;
  ResponseHeaders: Readonly<Record<string, string>>;
}

/** Allowed, or refused with a message for the user. */
export interface Verdict {
  Allow: boolean;
  Msg?: string;
}

export interface Authorization {
  request: Handler<AuthorizationRequest, Verdict>;
  /** Default: every answer is allowed. */
  response?: Handler<AuthorizationAnswer, Verdict>;
}

/** Docker's information about a container whose log it sends. */
export interface LogInfo {
  ContainerID: string;
  ContainerName: string;
  ContainerImageName: string;
  Config: Options;
  [field: string]: unknown;
}

/** An entry of a container's log. */
export interface LogEntry {
  /** `stdout` or `stderr`. */
  source: string;
  /** Nanoseconds since 1970. */
  timeNano: bigint;
  /** Without its newline. */
  line: Uint8Array;
  /** Docker splits lines of more than 16 KiB; all parts but the last are partial. */
  partial: boolean;
}

export interface LogDriver {
  /**
   * Processes a container's log, and returns when `entries` has ended because the container has ended or the plugin
   * stops. A thrown error ends the log, and is passed to `onError` of the plugin.
   */
  log(info: LogInfo, entries: AsyncIterable<LogEntry>, context: RequestContext): Promise<void>;
  /** For `docker logs`. Without it Docker reports that the driver does not support reading. */
  read?(
    request: {
      Info: LogInfo;
      Config: { Since: string; Until?: string; Tail: number; Follow: boolean };
    },
    context: RequestContext,
  ): AsyncIterable<LogEntry>;
}
