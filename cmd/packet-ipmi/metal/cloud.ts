import { CloudError, isStatus } from './cloud-error.ts';
import { type Device, deviceFrom, list, object, type Project, projectFrom } from './device.ts';
import { Exchange, type ExchangeOptions } from './exchange.ts';
import { PAGE_SIZE, type Page, wholeList } from './listing.ts';

export type PowerAction = 'power_on' | 'power_off' | 'reboot';

/** The specification of a device to order. */
export interface Order {
  hostname: string;
  plan: string;
  facility: string;
  ipxeScriptUrl: string;
  alwaysPxe: boolean;
  tags: readonly string[];
}

/**
 * A client for the Metal API v1 (https://deploy.equinix.com/developers/api/metal/). Methods throw CloudError, or the
 * reason of their signal.
 */
export class Cloud {
  readonly #exchange: Exchange;
  readonly #orderMs: number;

  /** `orderMs` is how long in ms the cloud may take to accept an order. */
  constructor({ orderMs, ...options }: ExchangeOptions & { orderMs: number }) {
    this.#exchange = new Exchange(options);
    this.#orderMs = orderMs;
  }

  /** All projects that the API key can access. */
  projects(signal: AbortSignal): Promise<Project[]> {
    const what = 'listing the projects';
    return wholeList(what, async (page) =>
      this.#page(what, 'projects', 'projects', page, projectFrom, signal),
    );
  }

  /** All devices of a project; with `tag` only those with that tag. */
  async devices(project: string, signal: AbortSignal, tag?: string): Promise<Device[]> {
    const what = `listing the devices of project ${project}`;
    const path = `projects/${segment(project)}/devices`;
    const query = { ...INCLUDE, ...(tag === undefined ? {} : { tag }) };
    const devices = await wholeList(what, (page) =>
      this.#page(what, path, 'devices', page, deviceFrom, signal, query),
    );
    const own = devices.map((device) => ({ ...device, project }));
    // A service that does not support the filter returns all devices.
    return tag === undefined ? own : own.filter(({ tags }) => tags.includes(tag));
  }

  async device(id: string, signal: AbortSignal): Promise<Device> {
    const path = `devices/${segment(id)}`;
    const what = `asking for device ${id}`;
    return deviceFrom(await this.#exchange.send({ method: 'GET', path, what, query: INCLUDE, signal }));
  }

  /** Orders a device with iPXE boot and hourly billing. Not repeated automatically: see `uncertain` of CloudError. */
  async order(project: string, order: Order, signal: AbortSignal): Promise<Device> {
    const json = {
      hostname: order.hostname,
      plan: order.plan,
      facility: [order.facility],
      operating_system: 'custom_ipxe',
      billing_cycle: 'hourly',
      ipxe_script_url: order.ipxeScriptUrl,
      always_pxe: order.alwaysPxe,
      tags: order.tags,
    };
    const path = `projects/${segment(project)}/devices`;
    const what = `ordering a device in project ${project}`;
    return deviceFrom(
      await this.#exchange.send({
        method: 'POST',
        path,
        what,
        query: INCLUDE,
        json,
        limitMs: this.#orderMs,
        signal,
      }),
    );
  }

  /** Changes the boot mode of a device. */
  async setPxe(
    id: string,
    { ipxeScriptUrl, alwaysPxe }: Partial<Pick<Order, 'ipxeScriptUrl' | 'alwaysPxe'>>,
    signal: AbortSignal,
  ): Promise<Device> {
    const json = { ipxe_script_url: ipxeScriptUrl, always_pxe: alwaysPxe };
    const path = `devices/${segment(id)}`;
    const what = `changing device ${id}`;
    return deviceFrom(await this.#exchange.send({ method: 'PUT', path, what, query: INCLUDE, json, signal }));
  }

  async act(id: string, type: PowerAction, signal: AbortSignal): Promise<void> {
    const path = `devices/${segment(id)}/actions`;
    await this.#exchange.send({
      method: 'POST',
      path,
      what: `${type} of device ${id}`,
      json: { type },
      signal,
    });
  }

  /** Deletes a device. A missing device, or one that is being deleted, counts as success. */
  async remove(id: string, signal: AbortSignal): Promise<void> {
    const path = `devices/${segment(id)}`;
    try {
      await this.#exchange.send({ method: 'DELETE', path, what: `deleting device ${id}`, signal });
    } catch (error) {
      if (isStatus(error, 404)) return;
      if (!isStatus(error, 422) || !(await this.#isLeaving(id, signal))) throw error;
    }
  }

  async #isLeaving(id: string, signal: AbortSignal): Promise<boolean> {
    try {
      const { state } = await this.device(id, signal);
      return state === 'deprovisioning' || state === 'deleted';
    } catch (error) {
      if (isStatus(error, 404)) return true;
      throw error;
    }
  }

  async #page<T>(
    what: string,
    path: string,
    name: string,
    page: number,
    read: (value: unknown) => T,
    signal: AbortSignal,
    query: Readonly<Record<string, string>> = {},
  ): Promise<Page<T>> {
    const answer = await this.#exchange.send({
      method: 'GET',
      path,
      what,
      query: { ...query, page: String(page), per_page: String(PAGE_SIZE) },
      signal,
    });
    const { [name]: items, meta } = object(answer);
    if (!Array.isArray(items))
      throw new CloudError(502, `${what}: answered without ${name}; check packet/api-url`);
    const { total, last_page: last } = object(meta);
    return { items: list(items).map(read), total: number(total), last: number(last) };
  }
}

const INCLUDE = { include: 'facility,plan,project' };

function number(value: unknown): number | undefined {
  return typeof value === 'number' ? value : undefined;
}

/** An id as URL segment. Ids come from params and must not address another path, or a whole list. */
function segment(id: string): string {
  if (/^[\w-]+$/.test(id)) return id;
  throw new CloudError(400, `${JSON.stringify(id)} is no UUID; check packet/uuid and packet/project-id`);
}
