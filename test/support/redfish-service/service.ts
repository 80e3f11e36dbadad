import { createHash } from 'node:crypto';
import { once } from 'node:events';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import { accountService } from './accounts.ts';
import { ownCertificate } from './certificate.ts';
import { Drive } from './drive.ts';
import {
  collection,
  type Endpoint,
  type Endpoints,
  link,
  type Received,
  type Reply,
  ROOT,
} from './endpoint.ts';
import { type LogOptions, logServices } from './logs.ts';
import { Manager } from './manager.ts';
import { errorBody, type Message, message } from './messages.ts';
import type { DriveOptions, RedfishOptions } from './options.ts';
import { isJson, type Json, parameterProblems, sortProperties } from './rules.ts';
import { SESSIONS, Sessions } from './sessions.ts';
import { System, systemCollection } from './system.ts';
import { Tasks } from './tasks.ts';
import { TraitsAtWork } from './traits.ts';
import { tree } from './tree.ts';
import { UpdateService } from './update-service.ts';

/** In place of the service's own answer: another one, none ever, or the end of the connection. */
export type Fault = Reply | 'hang' | 'cut';

/** The drives of DSP2043's mockup public-rackmount1: the CD is not the first. */
const DRIVES: readonly DriveOptions[] = [
  { id: 'Floppy1', mediaTypes: ['Floppy', 'USBStick'] },
  { id: 'CD1', mediaTypes: ['CD', 'DVD'] },
];

/** A Redfish service over https that keeps state and refuses what the DMTF's publications say is to be refused. */
export class RedfishService implements AsyncDisposable {
  readonly requests: Received[] = [];
  /** What clients did that no client of the standard does. */
  readonly violations: string[] = [];
  readonly sessions: Sessions;
  readonly systems: readonly System[];
  readonly manager: Manager;
  readonly drives: readonly Drive[];
  readonly tasks: Tasks | undefined;
  readonly update: UpdateService | undefined;
  /** With how often each was cleared. */
  readonly logs: ReadonlyMap<string, LogOptions & { cleared: number }>;
  /** PEM text. */
  readonly cert: string;
  readonly address: string;
  port = 0;
  /** Called for each request before the service looks at it. */
  fault: (request: Received) => Fault | undefined = () => undefined;
  readonly #options: RedfishOptions;
  readonly #server: Server;
  readonly #endpoints: Endpoints;
  readonly #hanging = new AbortController();
  readonly #traits: TraitsAtWork;
  /** How many requests find the BMC away. */
  #away = 0;
  /** What the root links to besides. */
  readonly #links: Json = {};

  private constructor(options: RedfishOptions, { key, cert }: { key: string; cert: string }) {
    const { address = '127.0.0.1', systems = [{}], mediaOn = 'manager', drives = DRIVES, vendor } = options;
    this.#options = options;
    this.address = address;
    this.cert = cert;
    this.sessions = new Sessions(options);
    this.tasks = options.tasks && new Tasks(options.tasks);
    this.update = options.update && new UpdateService(options.update);
    this.manager = new Manager(vendor);
    this.systems = systems.map((system, index) => new System(system, index, this.manager.uri));
    for (const system of this.systems) system.secureBoot = options.secureBoot;
    const holder = mediaOn === 'system' ? this.systems[0] : this.manager;
    const media = `${holder?.uri}/VirtualMedia`;
    this.drives = mediaOn === 'none' ? [] : drives.map((drive) => new Drive(drive, media, vendor));
    const [system] = this.systems;
    if (system !== undefined) {
      system.vendorSource = () => this.#vendorSource();
      system.opticalSource = () => this.#opticalSource();
    }
    this.logs = new Map(Object.entries(options.logs ?? {}).map(([id, log]) => [id, { ...log, cleared: 0 }]));
    const links = this.systems.map(({ bios }) => bios?.managerLinks ?? {});
    this.manager.links = Object.assign({}, ...links);
    this.#traits = new TraitsAtWork(options.traits ?? {}, this);
    this.#endpoints = this.#build(mediaOn, media);
    this.#server = createServer({ key, cert }, (request, response) => void this.#serve(request, response));
  }

  static async start(options: RedfishOptions = {}): Promise<RedfishService> {
    const service = new RedfishService(options, options.certificate ?? (await ownCertificate()));
    service.#server.listen(0, service.address);
    await once(service.#server, 'listening');
    service.port = (service.#server.address() as AddressInfo).port;
    return service;
  }

  /** The only system. */
  get system(): System {
    const [first] = this.systems;
    if (first === undefined) throw new Error('the service has no system');
    return first;
  }

  /** The requests that change something, as `METHOD URI`, but for logins and logouts. */
  get changes(): string[] {
    return this.requests
      .filter(({ method, uri }) => method !== 'GET' && !uri.startsWith(SESSIONS))
      .map(({ method, uri }) => `${method} ${uri}`);
  }

  /** Ends all connections and takes no more. */
  die(): void {
    this.#hanging.abort();
    this.#server.close();
    this.#server.closeAllConnections();
  }

  /** How many connections there are. */
  connections(): Promise<number> {
    return new Promise((resolve, reject) =>
      this.#server.getConnections((error, count) => (error ? reject(error) : resolve(count))),
    );
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.die();
  }

  #build(mediaOn: RedfishOptions['mediaOn'], media: string): Endpoints {
    const { systems, manager, drives } = this;
    const uris = systems.map(({ uri }) => uri);
    return new Map<string, Endpoint>([
      // The root tells where all else is (schema ServiceRoot 1.20; Links.Sessions is required).
      [
        `${ROOT}/`,
        {
          read: () => ({
            '@odata.type': '#ServiceRoot.v1_20_0.ServiceRoot',
            Id: 'RootService',
            Name: 'Root Service',
            RedfishVersion: '1.20.0',
            UUID: '92384634-2938-2342-8820-489239905423',
            Systems: link(`${ROOT}/Systems`),
            Managers: link(`${ROOT}/Managers`),
            SessionService: link(`${ROOT}/SessionService`),
            Links: { Sessions: link(SESSIONS) },
            ...this.#links,
            ...(systems.some(({ bios }) => bios !== undefined) && !this.#options.hidesRegistries
              ? { Registries: link(`${ROOT}/Registries`) }
              : {}),
            ...(this.#options.expands
              ? { ProtocolFeaturesSupported: { ExpandQuery: { NoLinks: true, MaxLevels: 1, Levels: true } } }
              : {}),
          }),
        },
      ],
      [`${ROOT}/Systems`, systemCollection(systems)],
      ...systems.flatMap((system, index) => [...system.endpoints(mediaOn === 'system' && index === 0)]),
      [`${ROOT}/Managers`, collection('Manager', [manager.uri])],
      ...manager.endpoints(uris, mediaOn === 'manager', this.#options.managerResets),
      [
        media,
        collection(
          'VirtualMedia',
          drives.map(({ uri }) => uri),
        ),
      ],
      ...drives.flatMap((drive) => drive.endpoints()),
      [SESSIONS, { read: () => this.sessions.collection() as Json }],
      ...this.#logsOf(this.systems[0], 'system'),
      ...this.#logsOf(manager, 'manager'),
      ...this.#more(),
    ]);
  }

  #more(): [string, Endpoint][] {
    const { accounts, more = {}, managerTells = {}, awayFor = 3 } = this.#options;
    const { links, endpoints } = tree(ROOT, more);
    Object.assign(this.#links, links);
    Object.assign(this.manager.linksToCome, managerTells);
    this.manager.onReset = () => {
      this.#away = awayFor;
      if (awayFor > 0) this.sessions.forget();
    };
    if (this.update !== undefined) {
      Object.assign(this.#links, this.update.links);
      this.update.goAway = (requests) => {
        this.#away = requests;
      };
      endpoints.push(...this.update.endpoints());
    }
    if (accounts === undefined) return endpoints;
    this.#links.AccountService = link(`${ROOT}/AccountService`);
    return [...endpoints, ...accountService(accounts, this.sessions)];
  }

  #logsOf(holder: System | Manager | undefined, on: 'system' | 'manager'): [string, Endpoint][] {
    const logs = new Map([...this.logs].filter(([, log]) => (log.on ?? 'system') === on));
    if (holder === undefined || logs.size === 0) return [];
    holder.linksToCome.LogServices = link(`${holder.uri}/LogServices`);
    return logServices(holder.uri, logs);
  }

  /** Dell boots from the virtual CD by its own setting, HPE by that of the drive; both are used up. */
  #vendorSource(): string | undefined {
    if (this.manager.takeBootOnce()) return 'virtual CD';
    const drive = this.drives.find(({ bootsNext }) => bootsNext);
    if (drive === undefined) return undefined;
    drive.bootsNext = false;
    return drive.inserted ? 'virtual CD' : undefined;
  }

  /** Schema ComputerSystem: virtual devices should come before physical ones; on a Dell they do not. */
  #opticalSource(): string {
    const virtual = this.drives.some(({ inserted, isOptical }) => inserted && isOptical);
    return virtual && this.#options.vendor !== 'Dell' ? 'virtual CD' : 'physical CD';
  }

  async #serve(incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    try {
      for await (const chunk of incoming) chunks.push(chunk as Buffer);
    } catch {
      return;
    }
    const bytes = Buffer.concat(chunks);
    const text = bytes.toString();
    const { method = '', url = '', headers, socket } = incoming;
    const request = { method, uri: url, headers, text, bytes, json: parse(text), port: socket.remotePort };
    if (this.#away > 0) {
      this.#away -= 1;
      outgoing.destroy();
      return;
    }
    this.requests.push(request);
    this.#watch(request);
    const fault = this.fault(request) ?? this.#traits.before(request);
    if (fault === 'cut') outgoing.destroy();
    if (fault === 'cut' || fault === 'hang') return;
    const { delayMs = 0 } = this.#options;
    if (delayMs > 0) {
      const ended = await pause(delayMs, false, { signal: this.#hanging.signal }).catch(() => true);
      if (ended) return;
    }
    const reply = this.#traits.after(request, fault ?? this.#answer(request));
    if (reply === 'cut') outgoing.destroy();
    else send(outgoing, reply);
  }

  /** Notes what a client of the standard does not do. */
  #watch({ method, uri, headers, text }: Received): void {
    const token = headers['x-auth-token'];
    const note = (what: string) => this.violations.push(`${method} ${uri}: ${what}`);
    if (!uri.startsWith(`${ROOT}/`)) note('not a URI of the service');
    if (method === 'GET' && text !== '') note('a body with GET');
    if (headers.cookie !== undefined) note('a cookie, which services do not use');
    if (token !== undefined && headers.authorization !== undefined) note('two kinds of credentials');
    if (typeof token === 'string' && this.sessions.isClosed(token)) note('the token of a closed session');
    if (method === 'POST' && headers['if-match'] !== undefined) note('If-Match with POST');
    if (headers['odata-version'] !== '4.0') note('no OData-Version 4.0');
    if (!headers.accept?.includes('application/json')) note('does not accept application/json');
    const isJsonBody = headers['content-type']?.startsWith('application/json') === true;
    const isUpload = this.#endpoints.get(uri)?.upload !== undefined;
    if (isUpload && headers['content-length'] === undefined) note('a file without its length');
    if (text !== '' && !isJsonBody && !isUpload) note('a body that is not called JSON');
  }

  #answer(request: Received): Reply {
    const { method, uri, headers } = request;
    if (method === 'POST' && uri === SESSIONS) return this.sessions.create(request.json, this.address);
    const token = headers['x-auth-token'];
    // Only the root is there for everybody (DSP0266, Resource and operation authentication requirements).
    if (
      uri !== `${ROOT}/` &&
      !this.sessions.knows(typeof token === 'string' ? token : undefined, headers.authorization)
    ) {
      return {
        status: 401,
        body: errorBody([message('NoValidSession')]),
        headers: { 'www-authenticate': 'Basic realm="Redfish"' },
      };
    }
    if (method === 'DELETE') return this.sessions.remove(uri) ?? missing(uri);
    const [path = '', query = ''] = uri.split('?');
    const endpoint = this.#endpoints.get(path);
    if (endpoint === undefined) return (method === 'GET' ? this.tasks?.read(uri) : undefined) ?? missing(uri);
    switch (method) {
      case 'GET':
        return endpoint.read === undefined
          ? notAllowed(endpoint)
          : (endpoint.reply?.() ?? this.#read(path, query, endpoint.read()));
      case 'PATCH':
        return endpoint.change === undefined ? notAllowed(endpoint) : this.#patch(request, endpoint);
      case 'POST':
        if (endpoint.upload !== undefined) return endpoint.upload(request);
        return endpoint.action === undefined ? notAllowed(endpoint) : this.#act(request, endpoint);
      default:
        return notAllowed(endpoint);
    }
  }

  #read(uri: string, query: string, resource: Json): Reply {
    const page = this.#page(uri, query, resource);
    const body = { ...link(uri), ...(query.includes('$expand') ? this.#expanded(page) : page) };
    const etag = this.#etag(resource);
    return { status: 200, body, headers: etag === undefined ? {} : { etag } };
  }

  /** With the members themselves in place of links to them (DSP0266, 7.3.3). */
  #expanded(resource: Json): Json {
    if (!this.#options.expands || !Array.isArray(resource.Members)) return resource;
    const members = resource.Members.map((member: Json) => {
      const uri = String(member['@odata.id']);
      return { ...member, ...this.#endpoints.get(uri)?.read?.() };
    });
    return { ...resource, Members: members };
  }

  /** Members in pages, with the way to the next (DSP0266, Resource collection requests). */
  #page(uri: string, query: string, resource: Json): Json {
    const { pageSize = Number.POSITIVE_INFINITY } = this.#options;
    const { Members: members } = resource;
    if (!Array.isArray(members) || members.length <= pageSize) return resource;
    const start = Number(new URLSearchParams(query).get('$skip') ?? 0);
    const end = start + pageSize;
    const next = end < members.length ? { 'Members@odata.nextLink': `${uri}?$skip=${end}` } : {};
    return { ...resource, Members: members.slice(start, end), ...next };
  }

  /** Of a resource as it is now (DSP0266, ETags). */
  #etag(resource: Json): string | undefined {
    const { etags } = this.#options;
    if (etags === undefined) return undefined;
    const tag = `"${createHash('sha256').update(JSON.stringify(resource)).digest('hex').slice(0, 16)}"`;
    return etags.startsWith('weak') ? `W/${tag}` : tag;
  }

  #patch(request: Received, { read, change }: Endpoint): Reply {
    const problem = bodyProblem(request) ?? this.#preconditionProblem(request, read?.() ?? {});
    if (problem !== undefined || change === undefined) return problem ?? missing(request.uri);
    const { good, bad } = sortProperties(request.json as Json, change.rules());
    const problems = bad.map(({ message: text }) => text);
    const nothing = Object.keys(good).length === 0;
    if (bad.length > 0 && (nothing || this.#options.strict))
      return { status: 400, body: errorBody(problems) };
    if (nothing) return { status: 400, body: errorBody([message('EmptyJSON')]) };
    return this.#now(() => {
      change.apply(good);
      if (bad.length === 0) return change.reply?.() ?? { status: 204 };
      // A part was done: 200, and what was not is told at the property (DSP0266, PATCH (update)).
      return { status: 200, body: annotated({ ...link(request.uri), ...read?.() }, bad) };
    });
  }

  #act(request: Received, { action }: Endpoint): Reply {
    const { takesNoBody = false, refusalWithoutBody = 400 } = action ?? {};
    const isBare = request.text === '';
    const problem = isBare && takesNoBody ? undefined : bodyProblem(request, refusalWithoutBody);
    if (problem !== undefined || action === undefined) return problem ?? missing(request.uri);
    const problems = parameterProblems(action.name, isBare ? {} : (request.json as Json), action.rules());
    if (problems.length > 0) return action.refusal?.(problems) ?? { status: 400, body: errorBody(problems) };
    return this.#now(() => action.apply(isBare ? {} : (request.json as Json)) ?? { status: 204 });
  }

  #now(work: () => Reply): Reply {
    return this.tasks === undefined ? work() : this.tasks.accept(work);
  }

  /** 428 without If-Match, 412 with one that does not fit (DSP0266, Status codes). */
  #preconditionProblem({ headers }: Received, resource: Json): Reply | undefined {
    const { etags } = this.#options;
    if (etags === undefined) return undefined;
    const given = headers['if-match'];
    if (given === undefined) return { status: 428, body: errorBody([message('PreconditionRequired')]) };
    const told = this.#etag(resource) ?? '';
    const wanted = { strong: told, weak: told, 'weak, taken as strong': told.slice(2), any: '*' }[etags];
    return given === wanted ? undefined : { status: 412, body: errorBody([message('PreconditionFailed')]) };
  }
}

function bodyProblem({ json, text }: Received, withoutBody = 400): Reply | undefined {
  const status = text === '' ? withoutBody : 400;
  return isJson(json) ? undefined : { status, body: errorBody([message('MalformedJSON')]) };
}

function missing(uri: string): Reply {
  return { status: 404, body: errorBody([message('ResourceMissingAtURI', uri)]) };
}

/** With the methods that there are (DSP0266, Response headers: Allow). */
function notAllowed({ read, change, action }: Endpoint): Reply {
  const allow = [read && 'GET', change && 'PATCH', action && 'POST'].filter(Boolean).join(', ');
  return { status: 405, body: errorBody([message('OperationNotAllowed')]), headers: { allow } };
}

/** A resource with the messages of single properties beside them. */
function annotated(resource: Json, bad: readonly { path: string; message: Message }[]): Json {
  const copy = structuredClone(resource);
  for (const { path, message: text } of bad) {
    const parts = path.split('/');
    const name = parts.pop() ?? '';
    const holder = parts.reduce<Json>((inner, part) => (isJson(inner[part]) ? inner[part] : inner), copy);
    holder[`${name}@Message.ExtendedInfo`] = [text];
  }
  return copy;
}

function send(outgoing: ServerResponse, { status, body, headers }: Reply): void {
  const bytes = Buffer.isBuffer(body)
    ? body
    : Buffer.from(typeof body === 'string' ? body : body === undefined ? '' : JSON.stringify(body));
  outgoing.writeHead(status, {
    'odata-version': '4.0',
    'cache-control': 'no-cache',
    ...(bytes.length === 0 ? {} : { 'content-type': 'application/json; charset=utf-8' }),
    'content-length': String(bytes.length),
    ...headers,
  });
  outgoing.end(bytes);
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
