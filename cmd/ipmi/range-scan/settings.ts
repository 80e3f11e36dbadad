import { refusal } from '../../../lib/ipmi/index.ts';
import { numberParam, type ParamName, type Params } from '../params.ts';
import { type AddressRange, addressRange } from './address-range.ts';

export interface Credential {
  username: string;
  password: string;
}

/** The settings of a scan. */
export interface Settings {
  range: AddressRange;
  /** Credentials to try, in order. */
  credentials: readonly Credential[];
  /** UDP ports of IPMI. */
  ipmiPorts: readonly number[];
  redfishPort: number;
  /** How many addresses to probe at once. */
  concurrency: number;
  timeLimitMs: number;
  createMachines: boolean;
}

/** The settings in the params. Throws ModelError 400 that names the param. */
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

/** Removes duplicates, so that a wrong credential is tried only once. */
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

/** Parses a credential. Errors never quote the value, which may be a password. */
function credentialOf(value: unknown, index: number): Credential {
  const { username, password } = (value ?? {}) as Partial<Record<keyof Credential, unknown>>;
  if (typeof username === 'string' && typeof password === 'string') return { username, password };
  throw refusal(400, `ipmi/discover/credentials: /${index}: expected username and password, both strings`);
}
