import type { Params } from '../../content/packet-ipmi.generated.ts';
import { failure } from './failure.ts';

/** Where the service was; it closed in 2026. */
const DEFAULT_URL = 'https://api.equinix.com/metal/v1';
const READY_TIMEOUT_SECONDS = 900;
const POLL_SECONDS = 5;
/** Multiples of a longer interval would be longer than any timer, which then ends at once. */
const LONGEST_POLL_SECONDS = 3600;
/** In poll intervals: 30 s and 40 s, unless it is polled at another pace. */
const ORDER_POLLS = 6;
const SETTLE_POLLS = 8;

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
  /** How long the cloud may take to accept an order, in ms. */
  orderMs: number;
  /** How long an order that got no answer may take to show up among the devices, in ms. Longer than `orderMs`. */
  settleMs: number;
}

/** Throws ModelError 400 that names the param. */
export function settingsFrom(params: Readonly<Partial<Params>>): Settings {
  // What is pasted, or comes from a file, often has blanks or a line's end around it.
  const key = params['packet/api-key']?.trim();
  if (key === undefined || key === '') throw failure(400, 'packet/api-key: not set on the plugin');
  // What cannot be in a header would be an error without a name, at every call.
  if (!/^[\x21-\x7e]+$/.test(key)) throw failure(400, 'packet/api-key: has characters that no key has');
  const pollMs = Math.min(params['packet/poll-interval'] ?? POLL_SECONDS, LONGEST_POLL_SECONDS) * 1000;
  return {
    key,
    url: baseUrl(params['packet/api-url']?.trim() || DEFAULT_URL),
    project: params['packet/project-id']?.trim() || undefined,
    importExisting: params['packet/import-existing'] ?? false,
    readyTimeoutMs: (params['packet/ready-timeout'] ?? READY_TIMEOUT_SECONDS) * 1000,
    pollMs,
    orderMs: pollMs * ORDER_POLLS,
    settleMs: pollMs * SETTLE_POLLS,
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
  return text.replace(/(?<!\/)\/+$/, '');
}
