import { randomUUID } from 'node:crypto';

/**
 * Milliseconds that the stages of a device's life take. Read when a device is looked at: a test that makes one of them
 * infinite holds devices where they are, until it sets another.
 */
export interface Timing {
  queued: number;
  provisioning: number;
  /** Powering on, powering off, and rebooting. */
  powering: number;
  deprovisioning: number;
}

/** A device as the API shows it (schema Device of the Metal API's OpenAPI document), the part that clients here use. */
export interface DeviceJson {
  id: string;
  short_id: string;
  hostname: string;
  state: string;
  tags: string[];
  always_pxe: boolean;
  ipxe_script_url: string;
  billing_cycle: string;
  locked: boolean;
  operating_system: { slug: string };
  plan: { slug: string; name: string };
  facility: { code: string; name: string };
  project: { href: string; id?: string; name?: string };
  ip_addresses: { address: string; address_family: number; public: boolean; management: boolean }[];
  network_ports: { name: string; type: string; data: { mac?: string; bonded: boolean } }[];
  sos?: string;
  href: string;
}

/** What a device is ordered with (schema DeviceCreateInFacilityInput). */
export interface Order {
  hostname: string;
  plan: string;
  facility: string;
  operating_system: string;
  tags: string[];
  always_pxe: boolean;
  ipxe_script_url: string;
  billing_cycle: string;
}

let made = 0;

/**
 * One device, whose state follows from the time that has passed (schema Device, property `state`): `queued`, then
 * `provisioning`, then `active`; `powering_off`, `inactive` and `powering_on` by actions; `deprovisioning` and then
 * gone.
 */
export class Device {
  readonly id = randomUUID();
  readonly project: { id: string; name: string };
  readonly order: Order;
  locked = false;
  /** Left out of lists, though it is there: as when a list is wrong. */
  unlisted = false;
  /** Provisioning fails: the cloud then takes a device that was ordered on demand away from the account. */
  doomed = false;
  /** Addresses and MACs are known as soon as provisioning has begun, not only when the device is active. */
  earlyAddresses = false;
  readonly #timing: Timing;
  readonly #number: number;
  readonly #created = Date.now();
  #deleted: number | undefined;
  #power: { to: 'active' | 'inactive'; by: string; since: number } | undefined;

  constructor(timing: Timing, project: { id: string; name: string }, order: Order) {
    made += 1;
    this.#number = made;
    this.#timing = timing;
    this.project = project;
    this.order = order;
  }

  /** `deleted` stands for a device that the API no longer shows. */
  get state(): string {
    const now = Date.now();
    const { queued, provisioning, powering, deprovisioning } = this.#timing;
    if (this.#deleted !== undefined)
      return now < this.#deleted + deprovisioning ? 'deprovisioning' : 'deleted';
    const age = now - this.#created;
    if (age < queued) return 'queued';
    if (age < queued + provisioning) return 'provisioning';
    // https://github.com/equinix/terraform-provider-equinix/issues/188
    if (this.doomed) return 'deleted';
    if (this.#power === undefined) return 'active';
    return now < this.#power.since + powering ? this.#power.by : this.#power.to;
  }

  powerOn(): void {
    this.#power = { to: 'active', by: 'powering_on', since: Date.now() };
  }

  powerOff(): void {
    this.#power = { to: 'inactive', by: 'powering_off', since: Date.now() };
  }

  delete(): void {
    this.#deleted ??= Date.now();
  }

  /** `include` names the references that are answered in full and not as an `href` only. */
  json(include: ReadonlySet<string>): DeviceJson {
    const { order, project, state } = this;
    const early = this.earlyAddresses && state === 'provisioning';
    const settled = early || !['queued', 'provisioning'].includes(state);
    const [high, low] = [(this.#number >> 8) & 0xff, this.#number & 0xff];
    const mac = (port: number) =>
      ['02', '00', '5e', ...[port, high, low].map((byte) => byte.toString(16).padStart(2, '0'))].join(':');
    return {
      id: this.id,
      short_id: this.id.slice(0, 8),
      href: `/metal/v1/devices/${this.id}`,
      hostname: order.hostname,
      state,
      tags: order.tags,
      always_pxe: order.always_pxe,
      ipxe_script_url: order.ipxe_script_url,
      billing_cycle: order.billing_cycle,
      locked: this.locked,
      operating_system: { slug: order.operating_system },
      plan: { slug: order.plan, name: order.plan },
      facility: { code: order.facility, name: order.facility.toUpperCase() },
      project: {
        href: `/metal/v1/projects/${project.id}`,
        ...(include.has('project') ? { id: project.id, name: project.name } : {}),
      },
      // Public IPv4, public IPv6 and private IPv4 unless asked otherwise (DeviceCreateInput, `ip_addresses`).
      ip_addresses: settled
        ? [
            {
              address: `2001:db8::${this.#number.toString(16)}`,
              address_family: 6,
              public: true,
              management: true,
            },
            { address: `10.0.${high}.${low}`, address_family: 4, public: false, management: true },
            { address: `198.51.${100 + high}.${low}`, address_family: 4, public: true, management: true },
          ]
        : [],
      // Only NetworkPort ports have a MAC (schemas Port and PortData).
      network_ports: settled
        ? [
            { name: 'bond0', type: 'NetworkBondPort', data: { bonded: true } },
            { name: 'eth0', type: 'NetworkPort', data: { mac: mac(0), bonded: true } },
            { name: 'eth1', type: 'NetworkPort', data: { mac: mac(1), bonded: true } },
          ]
        : [],
    };
  }
}
