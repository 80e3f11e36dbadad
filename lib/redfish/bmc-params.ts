import { hostAndPort, hostIn, refusal, Secrets } from '../models/index.ts';
import { type Bmc, basicToken } from './connection.ts';

const HTTPS_PORT = 443;

/**
 * The BMC in a machine's params: `ipmi/address`, `ipmi/port-redfish`, `ipmi/username`, `ipmi/password`, `ipmi/ca`,
 * `ipmi/tls-old`. `secrets` are masked in addition to the password. Throws ModelError 400 that names the param.
 */
export function redfishBmc(params: Readonly<Record<string, unknown>>, secrets: readonly string[] = []): Bmc {
  const host = hostIn(text(params, 'ipmi/address'), 'ipmi/address');
  const name = hostAndPort(host, port(params['ipmi/port-redfish'] ?? HTTPS_PORT));
  const username = text(params, 'ipmi/username');
  const password = text(params, 'ipmi/password');
  for (const [field, value] of Object.entries({ username, password })) {
    if (/\p{Cc}/u.test(value)) throw refusal(400, `ipmi/${field}: holds a control character`);
  }
  const ca = params['ipmi/ca'] === undefined ? '' : text(params, 'ipmi/ca').trim();
  return {
    name,
    origin: `https://${name}`,
    username,
    password,
    ca: ca === '' ? undefined : ca,
    oldTls: params['ipmi/tls-old'] === true,
    secrets: new Secrets([password, basicToken(username, password), ...secrets]),
  };
}

/** The value is never quoted, since it may be a secret. */
function text(params: Readonly<Record<string, unknown>>, name: string): string {
  const value = params[name];
  if (typeof value === 'string') return value;
  const kind =
    value === undefined
      ? 'nothing'
      : value === null
        ? 'null'
        : Array.isArray(value)
          ? 'an array'
          : `a ${typeof value}`;
  throw refusal(400, `${name}: expected a string, found ${kind}`);
}

function port(value: unknown): number {
  const fits = typeof value === 'number' && Number.isInteger(value) && value >= 0 && value <= 65_535;
  if (!fits) throw refusal(400, 'ipmi/port-redfish: expected a whole number from 0 to 65535');
  return value || HTTPS_PORT;
}
