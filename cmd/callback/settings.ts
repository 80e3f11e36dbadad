import type { Params } from '../../content/callback.generated.ts';
import { type Auth, readAuth } from './auth.ts';
import { type Callback, readCallback } from './entry.ts';
import { refusal } from './failure.ts';
import { Fields } from './fields.ts';

/** The settings in a plugin object's params. */
export interface Settings {
  callbacks: ReadonlyMap<string, Callback>;
  auths: ReadonlyMap<string, Auth>;
  /** URL of an HTTP proxy; undefined for none. */
  proxy: string | undefined;
}

type Asked = Pick<Params, 'callback/callbacks' | 'callback/auths' | 'callback/proxy' | 'callback/secrets'>;

/** Reads params that match their schemas. Throws ModelError 400 that names each wrong field, without values. */
export function settingsFrom(params: Readonly<Partial<Asked>>): Settings {
  const problems: string[] = [];
  const auths = new Map<string, Auth>();
  for (const [name, entry] of Object.entries(params['callback/auths'] ?? {})) {
    const auth = readAuth(name, new Fields(`callback/auths: ${name}`, entry, problems));
    if (auth !== undefined) auths.set(name, auth);
  }
  const callbacks = new Map<string, Callback>();
  const secrets = params['callback/secrets'] ?? {};
  const entries = params['callback/callbacks'] ?? {};
  for (const [name, entry] of Object.entries(entries)) {
    const fields = new Fields(`callback/callbacks: ${name}`, entry, problems);
    const secret = Object.hasOwn(secrets, name) ? secrets[name] : undefined;
    const callback = readCallback(name, fields, secret || undefined);
    for (const auth of callback.auths) {
      if (!Object.hasOwn(params['callback/auths'] ?? {}, auth)) {
        fields.problem('Auths', `there is no ${JSON.stringify(auth)} in callback/auths`);
      }
    }
    callbacks.set(name, callback);
  }
  for (const name of Object.keys(secrets)) {
    if (!Object.hasOwn(entries, name))
      problems.push(`callback/secrets: ${name}: there is no such entry in callback/callbacks`);
  }
  const proxy = params['callback/proxy']?.trim() || undefined;
  if (proxy !== undefined && !isProxy(proxy))
    problems.push('callback/proxy: expected a URL such as http://proxy:3128');
  if (problems.length > 0) throw refusal(400, problems);
  return { callbacks, auths, proxy };
}

function isProxy(text: string): boolean {
  const url = URL.parse(text);
  return url !== null && /^https?:$/.test(url.protocol);
}
