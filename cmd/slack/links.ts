import type { Info } from '../../lib/api/index.ts';
import { OBJECT_PREFIXES } from '../../lib/models/index.ts';

/** Where the UX is that its makers host: https://docs.rackn.io/stable/operators/portal/ */
const PORTAL = 'https://portal.rackn.io/';

const PAGES: ReadonlySet<string> = new Set(OBJECT_PREFIXES);

/** Where people find objects in the UX. */
export class Links {
  /** The page of the endpoint, with a slash at its end. */
  readonly base: string;

  /** `base` is the page of an endpoint in the UX, with a slash at its end. */
  constructor(base: string) {
    this.base = base;
  }

  /** The page of an object; undefined for objects without a page. */
  object(prefix: string, key: string): string | undefined {
    return PAGES.has(prefix) && key !== ''
      ? `${this.base}${prefix}/${encodeURIComponent(key.toWellFormed())}`
      : undefined;
  }
}

/**
 * The page of the endpoint in the UX, which addresses an endpoint by its own address and port:
 * `#/e/127.0.0.1:8092/machines/KEY` (https://docs.rackn.io/stable/operators/portal/, and `route` in the endpoint's
 * documentation of params).
 */
export function endpointPage(info: Info): string {
  return `${PORTAL}#/e/${endpointAddress(info)}/`;
}

/** Where people reach the endpoint. `RS_ENDPOINT` is no help: it is for plugins, on the endpoint's own machine. */
export function endpointAddress(info: Info): string {
  const { ha_enabled, ha_virtual_address, server_hostname, address, api_port } = info;
  const host = [ha_enabled === true ? ha_virtual_address : '', server_hostname, address].find(isText) ?? '';
  return `${host.includes(':') ? `[${host}]` : host}:${Number(api_port) || 8092}`;
}

function isText(value: unknown): value is string {
  return typeof value === 'string' && value !== '';
}
