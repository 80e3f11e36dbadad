import { isObject, jsonFrom, ModelError } from '../models/index.ts';

export interface PluginTls {
  InsecureSkipVerify?: boolean;
  CAFile?: string;
  CertFile?: string;
  KeyFile?: string;
}

/** The address of a plugin. */
export interface PluginAddress {
  name: string;
  /** `unix://PATH`, `tcp://HOST:PORT`, `http://...` or `https://...`. */
  address: string;
  /** TLS settings. Without a CA the plugin's certificate is not verified, as in Docker. */
  tls?: PluginTls;
}

/** Parses a `.spec` file: only an address. Throws ModelError 400 when it has no scheme. */
export function readSpec(name: string, text: string): PluginAddress {
  return { name, address: addressIn(text.trim(), `${name}.spec`) };
}

/** Parses a `.json` file: `Addr` and `TLSConfig`. As in Docker the name is that of the file. Throws ModelError 400. */
export function readJsonSpec(name: string, text: string): PluginAddress {
  const file = `${name}.json`;
  let value: unknown;
  try {
    value = jsonFrom(text);
  } catch (cause) {
    throw new ModelError(400, `${file}: ${cause instanceof Error ? cause.message : cause}`, { cause });
  }
  if (!isObject(value)) throw new ModelError(400, `${file}: expected an object`);
  const { Addr, TLSConfig } = value;
  if (typeof Addr !== 'string') throw new ModelError(400, `${file}: Addr: expected a text`);
  const address = addressIn(Addr, `${file}: Addr`);
  if (TLSConfig === undefined || TLSConfig === null) return { name, address };
  if (!isObject(TLSConfig)) throw new ModelError(400, `${file}: TLSConfig: expected an object`);
  const tls: PluginTls = {};
  for (const field of ['CAFile', 'CertFile', 'KeyFile'] as const) {
    const path = TLSConfig[field];
    if (path === undefined || path === '') continue;
    if (typeof path !== 'string') throw new ModelError(400, `${file}: TLSConfig.${field}: expected a text`);
    tls[field] = path;
  }
  const { InsecureSkipVerify: skip } = TLSConfig;
  if (skip !== undefined && typeof skip !== 'boolean') {
    throw new ModelError(400, `${file}: TLSConfig.InsecureSkipVerify: expected true or false`);
  }
  if (skip !== undefined) tls.InsecureSkipVerify = skip;
  return { name, address, tls };
}

/**
 * Validates the address of a plugin. Throws ModelError 400, without quoting it, for an invalid one, and for one with
 * user and password: Docker's protocol has no logins, and addresses are shown.
 */
export function addressIn(text: string, where: string): string {
  if (!/^(unix|tcp|https?):\/\/./.test(text))
    throw new ModelError(400, `${where}: expected unix://PATH, tcp://HOST:PORT, http:// or https://`);
  if (text.startsWith('unix:')) return text;
  const url = URL.parse(text.replace(/^tcp:/, 'http:'));
  if (url === null) throw new ModelError(400, `${where}: expected a host, and a port up to 65535`);
  if (url.username === '' && url.password === '') return text;
  throw new ModelError(400, `${where}: a user name or password in the address is not supported`);
}
