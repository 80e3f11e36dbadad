import { isDeepStrictEqual } from 'node:util';
import { type Client, isSecureData } from '../api/index.ts';
import { ModelError } from '../models/index.ts';

/** An object that can have params. */
export interface ParamOwner {
  prefix: string;
  key: string;
}

/**
 * Unseals params that arrived sealed (SecureData). dr-provision sends the Secure params of a plugin object sealed, but
 * sends those of profiles, and defaults, in the clear. Only the endpoint has the key, so `read` asks it for the value
 * of a param. `isOpen` tells which params are known not to be secret. Throws ModelError 500 that names the params and
 * what to do, without values; the endpoint's own code is not passed on, since a 403 would remove the provider.
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
  // The common case, without any request.
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

/**
 * Reads the param from the first of `owners` (their profiles included) that stores exactly `sealed`. Undefined when
 * none does. Throws ModelError.
 */
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
    // A caller may have sealed a value itself; it must not be replaced by the one that the object has.
    if (stored === undefined || (isSecureData(stored) && !isDeepStrictEqual(stored, sealed))) continue;
    return params.get(name, { aggregate: true, decode: true, signal });
  }
  return undefined;
}

function reasonOf(error: unknown): string {
  if (error instanceof ModelError) return error.messages.join('; ') || error.message;
  return error instanceof Error ? error.message : String(error);
}
