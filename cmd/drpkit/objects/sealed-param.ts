import type { Client } from '../../../lib/api/index.ts';
import { ModelError } from '../../../lib/models/index.ts';

/** `value` in the form for an object: encrypted with the object's public key if the param is secure. */
export async function sealedParam(
  endpoint: Client,
  prefix: string,
  key: string,
  name: string,
  value: unknown,
  whenUndefined: () => Promise<void> = async () => {},
): Promise<unknown> {
  const param = await endpoint
    .objects('params')
    .get(name)
    .catch((error: unknown) => {
      // A param need not be defined.
      if (error instanceof ModelError && error.code === 404) return undefined;
      throw error;
    });
  if (param === undefined) await whenUndefined();
  if (param?.Secure !== true) return value;
  const { isSecureData, seal } = await import('../../../lib/api/index.ts');
  return isSecureData(value) ? value : seal(await endpoint.params(prefix, key).publicKey(), value);
}
