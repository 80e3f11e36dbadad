import type { Params } from '../../content/packet-ipmi.generated.ts';
import { failure } from './failure.ts';

/** The former service, which closed in 2026. */
const DEFAULT_URL = 'https://api.equinix.com/metal/v1';
const READY_TIMEOUT_SECONDS = 900;
const POLL_SECONDS = 5;
/** Limit, so that multiples stay below the longest timer. */
const LONGEST_POLL_SECONDS = 3600;
/** In poll intervals. With the default interval: 30 s and 40 s. */
const ORDER_POLLS = 6;
const SETTLE_POLLS = 8;

/** The checked params of the plugin object. */
export interface Settings {
  key: string;
  /** Base URL of the Metal API. */
  url: string;
  /** UUID of the project for new devices. Default: the first one that the key can access. */
  project: string | undefined;
  /** Whether to create machines for devices without one. */
  importExisting: boolean;
  /** How long in ms a device may take to become ready, or to be deleted. */
  readyTimeoutMs: number;
  /** Polling interval in ms. */
  pollMs: number;
  /** How long in ms the cloud may take to accept an order. */
  orderMs: number;
  /** How long in ms an unanswered order may take to appear in the list of devices. Longer than `orderMs`. */
  settleMs: number;
}

/** Throws ModelError 400 that names the param. */
export function settingsFrom(params: Readonly<Partial<Params>>): Settings {
  // Pasted keys often have surrounding blanks or a line break.
  const key = params['packet/api-key']?.trim();
  if (key === undefined || key === '') throw failure(400, 'packet/api-key: not set on the plugin');
  // An invalid header would cause an unspecific error in every call.
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
  // The URL appears in errors.
  if (url.username !== '' || url.password !== '' || url.search !== '' || url.hash !== '') {
    throw failure(400, 'packet/api-url: must not hold user, password, query or fragment');
  }
  return text.replace(/(?<!\/)\/+$/, '');
}
