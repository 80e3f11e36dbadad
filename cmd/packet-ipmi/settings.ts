import type { Params } from '../../content/packet-ipmi.generated.ts';
import { failure } from './failure.ts';

/** Where the service was; it closed in 2026. */
const DEFAULT_URL = 'https://api.equinix.com/metal/v1';
const READY_TIMEOUT_SECONDS = 900;
const POLL_SECONDS = 5;
/** Longer than a request for a device may take. */
const SETTLE_MS = 40_000;

/** The params of the plugin object, checked. */
export interface Settings {
  key: string;
  /** Base URL of the Metal API. */
  url: string;
  /** UUID of the project in which devices are ordered; the first that the key reaches when it is not set. */
  project: string | undefined;
  /** Whether devices that belong to no machine become machines. */
  importExisting: boolean;
  /** How long a device may take to become ready, or to be deleted, in ms. */
  readyTimeoutMs: number;
  /** Between two questions about a device, in ms. */
  pollMs: number;
  /** How long an order that got no answer may take to show up among the devices, in ms. */
  settleMs: number;
}

/** Throws ModelError 400 that names the param. */
export function settingsFrom(params: Readonly<Partial<Params>>): Settings {
  const key = params['packet/api-key'];
  if (key === undefined || key === '') throw failure(400, 'packet/api-key: not set on the plugin');
  // What cannot be in a header would be an error without a name, at every call.
  if (!/^[\x21-\x7e]+$/.test(key)) throw failure(400, 'packet/api-key: has characters that no key has');
  return {
    key,
    url: baseUrl(params['packet/api-url'] || DEFAULT_URL),
    project: params['packet/project-id'] || undefined,
    importExisting: params['packet/import-existing'] ?? false,
    readyTimeoutMs: (params['packet/ready-timeout'] ?? READY_TIMEOUT_SECONDS) * 1000,
    pollMs: (params['packet/poll-interval'] ?? POLL_SECONDS) * 1000,
    settleMs: SETTLE_MS,
  };
}

function baseUrl(text: string): string {
  const url = URL.parse(text);
  if (url === null || !['https:', 'http:'].includes(url.protocol)) {
    throw failure(400, `packet/api-url: expected a URL like ${DEFAULT_URL}`);
  }
  // It is shown in errors.
  if (url.username !== '' || url.password !== '' || url.search !== '' || url.hash !== '') {
    throw failure(400, 'packet/api-url: must not hold user, password, query or fragment');
  }
  return text.replace(/\/+$/, '');
}
