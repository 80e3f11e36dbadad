import { isDeepStrictEqual } from 'node:util';
import { type Client, isSecureData } from '../api/index.ts';
import { ModelError } from '../models/index.ts';

/** An object that has params. */
export interface ParamOwner {
  prefix: string;
  key: string;
}

/**
 * Opens what arrived as an endpoint stores it, sealed (SecureData): dr-provision sends the Secure params of a plugin object
 * so, and those of profiles and the defaults open. Only the endpoint has the key: `read` asks it for the value of one.
 * `isOpen` says of which param it is known that it is not secret. Throws ModelError 500 that names the params and what to
 * do, without their values; not the endpoint's own code, because 403 would remove the provider.
 */
export async function openSealed(
  params: Readonly<Record<string, unknown>>,
  how: {
    owner: ParamOwner;
    isOpen: (name: string) => boolean;
    read: (name: string, sealed: unknown) => Promise<unknown>;
  },
): Promise<Record<string, unknown>> {
  const opened: Record<string, unknown> = { ...params };
  // Mostly none is sealed.
  const sealed = Object.keys(opened).filter((name) => isSecureData(opened[name]) && !how.isOpen(name));
  if (sealed.length === 0) return opened;
  const problems: string[] = [];
  const { owner, read } = how;
  const again = (name: string) =>
    `set it again: drpcli ${owner.prefix} set ${owner.key} param ${name} to VALUE`;
  const open = async (name: string) => {
    const problem = (text: string) => problems.push(`Params.${name}: arrived sealed, and ${text}`);
    try {
      const value = await read(name, params[name]);
      if (value !== undefined && !isSecureData(value)) opened[name] = value;
      else problem(`the endpoint has no value of it that it can open: ${again(name)}`);
    } catch (error) {
      problem(`the endpoint did not open it: ${reasonOf(error)}`);
    }
  };
  await Promise.all(sealed.map(open));
  if (problems.length > 0) throw new ModelError(500, problems.sort(), { type: 'plugin' });
  return opened;
}

/** The value of a param of one of `owners`, its profiles included, that has `sealed`; undefined when none has. Throws ModelError. */
export async function readSealed(
  api: Client,
  owners: readonly ParamOwner[],
  name: string,
  sealed: unknown,
  signal: AbortSignal,
): Promise<unknown> {
  for (const { prefix, key } of owners) {
    const params = api.params(prefix, key);
    const stored = await params.get(name, { aggregate: true, signal });
    // What a caller sealed by itself must not become the value that the object has.
    if (stored === undefined || (isSecureData(stored) && !isDeepStrictEqual(stored, sealed))) continue;
    return params.get(name, { aggregate: true, decode: true, signal });
  }
  return undefined;
}

function reasonOf(error: unknown): string {
  if (error instanceof ModelError) return error.messages.join('; ') || error.message;
  return error instanceof Error ? error.message : String(error);
}
