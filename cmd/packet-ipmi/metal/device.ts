import { CloudError } from './cloud-error.ts';

/** A device of the cloud, with the fields that machines need. */
export interface Device {
  id: string;
  hostname: string;
  /** `queued`, `provisioning`, `active`, `inactive`, `powering_on`, `deprovisioning`, `failed`, ... */
  state: string;
  tags: readonly string[];
  plan: string | undefined;
  facility: string | undefined;
  /** UUID of the project. */
  project: string | undefined;
  /** Host of the serial console. */
  sos: string | undefined;
  alwaysPxe: boolean;
  ipxeScriptUrl: string;
  /** Public IPv4 address, once assigned. */
  address: string | undefined;
  macs: readonly string[];
}

export interface Project {
  id: string;
}

type Json = Readonly<Record<string, unknown>>;

/** Parses a device (schema Device of the API's OpenAPI document). Throws CloudError 502 that names the field. */
export function deviceFrom(value: unknown): Device {
  const json = object(value);
  const { id, hostname, state, tags, plan, facility, project, always_pxe, ipxe_script_url, sos } = json;
  if (typeof id !== 'string' || id === '') throw odd('device.id', id);
  if (typeof state !== 'string') throw odd(`device ${id}: state`, state);
  const code = text(object(facility).code);
  return {
    id,
    hostname: text(hostname) ?? '',
    state,
    tags: list(tags).filter((tag) => typeof tag === 'string'),
    plan: text(object(plan).slug),
    facility: code,
    project: projectId(object(project)) ?? projectId(object(json.project_lite)),
    sos: text(sos) ?? (code === undefined ? undefined : `sos.${code}.packet.net`),
    alwaysPxe: always_pxe === true,
    ipxeScriptUrl: text(ipxe_script_url) ?? '',
    address: publicAddress(list(json.ip_addresses).map(object)),
    macs: list(json.network_ports)
      .map(object)
      .filter(({ type }) => type === 'NetworkPort')
      .flatMap(({ data }) => text(object(data).mac) ?? []),
  };
}

export function projectFrom(value: unknown): Project {
  const { id } = object(value);
  if (typeof id !== 'string' || id === '') throw odd('project.id', id);
  return { id };
}

/** Whether a machine can be made of it: it is active, or its address and MACs are known. */
export function isReady({ state, address, macs }: Device): boolean {
  return state === 'active' || (!isOnItsWayOut(state) && address !== undefined && macs.length > 0);
}

/** Whether it will never become ready. */
export function isOnItsWayOut(state: string): boolean {
  return ['failed', 'deprovisioning', 'deleted'].includes(state);
}

/** A reference without the object has only an `href`, which ends with the UUID. */
function projectId({ id, href }: Json): string | undefined {
  return text(id) ?? text(href)?.split('/').at(-1);
}

function publicAddress(addresses: readonly Json[]): string | undefined {
  const found = addresses.filter((each) => each.address_family === 4 && each.public === true);
  return text((found.find(({ management }) => management === true) ?? found[0])?.address);
}

export function object(value: unknown): Json {
  return typeof value === 'object' && value !== null ? (value as Json) : {};
}

export function list(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

function text(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}

function odd(field: string, found: unknown): CloudError {
  const problem = `${field}: expected text, found ${JSON.stringify(found ?? null)}; check packet/api-url`;
  return new CloudError(502, problem, { uncertain: true });
}
