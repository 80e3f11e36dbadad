import type { Info } from '../../lib/api/index.ts';
import { OBJECT_PREFIXES } from '../../lib/models/index.ts';

/** The hosted UX: https://docs.rackn.io/stable/operators/portal/ */
const PORTAL = 'https://portal.rackn.io/';

const PAGES: ReadonlySet<string> = new Set(OBJECT_PREFIXES);

/** Links to pages of objects in the UX. */
export class Links {
  /** URL of the endpoint's page, with a slash at its end. */
  readonly base: string;

  /** `base` is the URL of an endpoint's page in the UX, with a slash at its end. */
  constructor(base: string) {
    this.base = base;
  }

  /** URL of an object's page; undefined when it has none. */
  object(prefix: string, key: string): string | undefined {
    return PAGES.has(prefix) && key !== ''
      ? `${this.base}${prefix}/${encodeURIComponent(key.toWellFormed())}`
      : undefined;
  }
}

/**
 * URL of the endpoint's page in the UX, which contains the endpoint's address and port:
 * `#/e/127.0.0.1:8092/machines/KEY` (https://docs.rackn.io/stable/operators/portal/, and `route` in the endpoint's
 * documentation of params).
 */
export function endpointPage(info: Info): string {
  return `${PORTAL}#/e/${endpointAddress(info)}/`;
}

/**
 * The endpoint's address for users. `RS_ENDPOINT` is not used: plugins run on the endpoint's machine, so it may be
 * loopback.
 */
export function endpointAddress(info: Info): string {
  const { ha_enabled, ha_virtual_address, server_hostname, address, api_port } = info;
  const host = [ha_enabled === true ? ha_virtual_address : '', server_hostname, address].find(isText) ?? '';
  return `${host.includes(':') ? `[${host}]` : host}:${Number(api_port) || 8092}`;
}

function isText(value: unknown): value is string {
  return typeof value === 'string' && value !== '';
}
