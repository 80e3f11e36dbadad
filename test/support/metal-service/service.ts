import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Device, type DeviceJson, type Order, type Timing } from './device.ts';
import { type Failure, Failures } from './failures.ts';
import { paged } from './page.ts';
import { Refusal } from './refusal.ts';

const BASE = '/metal/v1';

/** One request as it came in. */
export interface Received {
  method: string;
  /** Below the API's base. */
  path: string;
  query: URLSearchParams;
  body: unknown;
}

export interface MetalOptions {
  /** The key that is let in. */
  key?: string;
  /** Names of the projects that there are at first; one unless given. */
  projects?: readonly string[];
  timing?: Partial<Timing>;
}

interface Project {
  id: string;
  name: string;
}

interface Answer {
  status: number;
  body?: object;
}

/**
 * A cloud that speaks the Metal API v1 over HTTP, with projects, and devices that change their state as time passes.
 * Written from the public documentation:
 *
 * - The API reference, https://deploy.equinix.com/developers/api/metal/ (its OpenAPI document: findProjects,
 *   findProjectDevices, createDevice, findDeviceById, updateDevice, deleteDevice, performAction, and the schemas named
 *   beside the code): paths, fields, statuses, pages, `include`, and the filter `tag`.
 * - Errors, https://metal.equinix.com/developers/api/errors/: 401, 404, 422 and 5xx, and their bodies.
 * - Server State, https://deploy.equinix.com/developers/docs/metal/server-metadata/server-state/ and Server Actions,
 *   https://deploy.equinix.com/developers/docs/metal/server-metadata/server-actions/: states, and what powers a device.
 * - Custom iPXE, https://metal.equinix.com/developers/docs/servers/custom-ipxe/: active as soon as iPXE is served.
 * - https://github.com/redhat-cop/agnosticd/pull/4307: a device cannot be deleted while it is provisioning (422).
 * - https://github.com/crossplane-contrib/provider-equinix-metal/issues/51: a device that could not be provisioned is
 *   taken away from the account and answered with 404.
 * - RFC 6585 section 4: 429 with Retry-After, on demand only, as are 402 and 5xx (see `fail`).
 */
export class MetalService implements AsyncDisposable {
  readonly key: string;
  readonly timing: Timing;
  readonly projects: Project[] = [];
  /** All requests, also those that failed. */
  readonly requests: Received[] = [];
  /** How many connections were ever made. */
  connections = 0;
  /** Called before a deletion is refused because the device is provisioning. */
  onRefusedDeletion = () => {};
  readonly #server: Server;
  readonly #failures = new Failures();
  readonly #devices: Device[] = [];

  private constructor(server: Server, { key = 'metal-key', projects = ['one'], timing }: MetalOptions) {
    this.#server = server;
    this.key = key;
    this.timing = { queued: 0, provisioning: 0, powering: 0, deprovisioning: 0, ...timing };
    for (const name of projects) this.addProject(name);
    server.on('connection', () => {
      this.connections += 1;
    });
    server.on('request', (request, response) => void this.#serve(request, response));
  }

  static async start(options: MetalOptions = {}): Promise<MetalService> {
    const server = createServer();
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return new MetalService(server, options);
  }

  /** Base URL of the API. */
  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}${BASE}`;
  }

  addProject(name: string): Project {
    const project = { id: randomUUID(), name };
    this.projects.push(project);
    return project;
  }

  /** A device that is there without an order by the API. In the first project unless another is named. */
  addDevice(order: Partial<Order>, project = this.projects[0]): Device {
    if (project === undefined) throw new Error('there is no project');
    const device = new Device(this.timing, project, {
      hostname: 'a-device',
      plan: 'baremetal_0',
      facility: 'ewr1',
      operating_system: 'custom_ipxe',
      tags: [],
      always_pxe: false,
      ipxe_script_url: '',
      billing_cycle: 'hourly',
      ...order,
    });
    this.#devices.push(device);
    return device;
  }

  /** The devices that the API shows. */
  get devices(): Device[] {
    return this.#devices.filter(({ state }) => state !== 'deleted');
  }

  /** All devices that there ever were. */
  get everMade(): readonly Device[] {
    return this.#devices;
  }

  /** Makes requests fail from now on. */
  fail(failure: Failure): void {
    this.#failures.add(failure);
  }

  /** Makes nothing fail any more. */
  recover(): void {
    this.#failures.clear();
  }

  count(method: string, path: RegExp): number {
    return this.requests.filter((request) => request.method === method && path.test(request.path)).length;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections();
    this.#server.close();
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk);
    const url = new URL(request.url ?? '/', 'http://cloud');
    const { method = 'GET' } = request;
    const path = url.pathname.replace(BASE, '');
    const text = Buffer.concat(chunks).toString();
    const received = {
      method,
      path,
      query: url.searchParams,
      body: text === '' ? undefined : JSON.parse(text),
    };
    this.requests.push(received);
    const failure = this.#failures.take(method, path);
    if (failure?.how === 'hang') return;
    if (failure?.how === 'cut') {
      response.destroy();
      return;
    }
    if (failure?.how === 'status') {
      const { status = 500, message = 'as the test wanted', raw, headers = {} } = failure;
      const body = raw ?? JSON.stringify(new Refusal(status, message).body);
      response.writeHead(status, {
        'content-type': raw === undefined ? 'application/json' : 'text/html',
        ...headers,
      });
      response.end(body);
      return;
    }
    if (failure?.how === 'late') {
      await new Promise((done) => setTimeout(done, failure.delay ?? 0));
      await failure.after;
    }
    const { status, body } = this.#answer(received, request.headers['x-auth-token']);
    if (failure?.how === 'cut-after') {
      response.destroy();
      return;
    }
    response.writeHead(status, { 'content-type': 'application/json' });
    response.end(body === undefined ? undefined : JSON.stringify(body));
  }

  #answer(received: Received, key: string | string[] | undefined): Answer {
    try {
      if (key !== this.key) throw new Refusal(401, 'Invalid authentication token');
      return this.#carryOut(received);
    } catch (error) {
      if (error instanceof Refusal) return { status: error.status, body: error.body };
      throw error;
    }
  }

  #carryOut({ method, path, query, body }: Received): Answer {
    const include = new Set((query.get('include') ?? '').split(','));
    const [, kind, id, part] = path.split('/');
    const route = [method, kind, part].filter((word) => word !== undefined).join(' ');
    if (path === '/projects' && method === 'GET') {
      return { status: 200, body: paged('projects', this.projects, `${BASE}${path}`, query) };
    }
    switch (route) {
      case 'GET projects devices': {
        const project = this.#project(id);
        const tag = query.get('tag');
        const devices = this.devices
          .filter(({ unlisted }) => !unlisted)
          .filter((device) => device.project === project && (tag === null || device.order.tags.includes(tag)))
          .map((device) => device.json(include));
        return { status: 200, body: paged('devices', devices, `${BASE}${path}`, query) };
      }
      case 'POST projects devices':
        return { status: 201, body: this.#order(this.#project(id), body, include) };
      case 'GET devices':
        return { status: 200, body: this.#device(id).json(include) };
      case 'PUT devices': {
        const device = this.#device(id);
        const { hostname, tags, always_pxe, ipxe_script_url } = body as Partial<Order>;
        const changes = { hostname, tags, always_pxe, ipxe_script_url };
        for (const [name, value] of Object.entries(changes)) {
          if (value !== undefined) Object.assign(device.order, { [name]: value });
        }
        return { status: 200, body: device.json(include) };
      }
      case 'DELETE devices':
        this.#delete(this.#device(id));
        return { status: 204 };
      case 'POST devices actions':
        act(this.#device(id), (body as { type?: unknown }).type);
        return { status: 202 };
      default:
        throw new Refusal(404, 'Not found');
    }
  }

  #project(id: string | undefined): Project {
    const project = this.projects.find((other) => other.id === id);
    if (project === undefined) throw new Refusal(404, 'Not found');
    return project;
  }

  #device(id: string | undefined): Device {
    const device = this.devices.find((other) => other.id === id);
    if (device === undefined) throw new Refusal(404, 'Not found');
    return device;
  }

  #order(project: Project, body: unknown, include: ReadonlySet<string>): DeviceJson {
    const order = body as Partial<Record<keyof Order, unknown>>;
    for (const field of ['plan', 'operating_system', 'facility'] as const) {
      if (order[field] === undefined) throw new Refusal(422, `${field} can't be blank`);
    }
    // One facility or several in order of preference (schema FacilityInput).
    const [facility] = [order.facility].flat();
    if (facility === 'full1')
      throw new Refusal(422, 'The facility full1 has no provisionable baremetal_0 servers');
    return this.addDevice({ ...(order as Partial<Order>), facility: String(facility) }, project).json(
      include,
    );
  }

  #delete(device: Device): void {
    if (device.locked) throw new Refusal(422, 'Cannot delete a locked device');
    if (device.state === 'provisioning') {
      this.onRefusedDeletion();
      throw new Refusal(422, 'Cannot delete a device while it is provisioning');
    }
    device.delete();
  }
}

/** Actions are accepted for a device in the state that they lead out of (schema Device, property `state`). */
function act(device: Device, type: unknown): void {
  const from = { power_on: ['inactive'], power_off: ['active'], reboot: ['active'] }[String(type)];
  if (from === undefined) throw new Refusal(422, `${type} is not a valid action`);
  if (!from.includes(device.state)) throw new Refusal(422, `Cannot ${type} a device that is ${device.state}`);
  if (type === 'power_off') device.powerOff();
  else device.powerOn();
}
