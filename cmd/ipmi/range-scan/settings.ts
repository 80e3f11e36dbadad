import { refusal } from '../../../lib/ipmi/index.ts';
import { numberParam, type ParamName, type Params } from '../params.ts';
import { type AddressRange, addressRange } from './address-range.ts';

export interface Credential {
  username: string;
  password: string;
}

/** What a scan is asked to do. */
export interface Settings {
  range: AddressRange;
  /** To try, in this order. */
  credentials: readonly Credential[];
  /** UDP ports of IPMI. */
  ipmiPorts: readonly number[];
  redfishPort: number;
  /** Addresses at once. */
  concurrency: number;
  timeLimitMs: number;
  createMachines: boolean;
}

/** Throws ModelError 400 that names the param. */
export function settingsOf(params: Params): Settings {
  return {
    range: addressRange(params),
    credentials: distinct(listParam(params, 'ipmi/discover/credentials', []).map(credentialOf)),
    ipmiPorts: [...new Set(listParam(params, 'ipmi/discover/ports', [623]).map(portOf))],
    redfishPort: numberParam(params, 'ipmi/port-redfish', 65_535, 443) || 443,
    concurrency: numberParam(params, 'ipmi/discover/concurrency', 1024, 128) || 1,
    timeLimitMs: (numberParam(params, 'ipmi/discover/scan-timeout', 86_400, 1200) || 1) * 1000,
    createMachines: params['ipmi/discover/create-machines'] === true,
  };
}

function listParam(params: Params, name: ParamName, otherwise: readonly unknown[]): readonly unknown[] {
  const value = params[name] ?? otherwise;
  if (Array.isArray(value)) return value;
  throw refusal(400, `${name}: expected an array`);
}

/** Without those that come again: a wrong one is tried but once. */
function distinct(credentials: readonly Credential[]): Credential[] {
  const byText = credentials.map((credential): [string, Credential] => {
    const { username, password } = credential;
    return [JSON.stringify([username, password]), credential];
  });
  return [...new Map(byText).values()];
}

function portOf(value: unknown): number {
  if (typeof value === 'number' && Number.isInteger(value) && value > 0 && value <= 65_535) return value;
  throw refusal(400, `ipmi/discover/ports: expected ports from 1 to 65535, found ${JSON.stringify(value)}`);
}

/** Never quotes what was found: it may be a password. */
function credentialOf(value: unknown, index: number): Credential {
  const { username, password } = (value ?? {}) as Partial<Record<keyof Credential, unknown>>;
  if (typeof username === 'string' && typeof password === 'string') return { username, password };
  throw refusal(400, `ipmi/discover/credentials: /${index}: expected username and password, both strings`);
}
