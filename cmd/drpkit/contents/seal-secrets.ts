import type { Client, Content } from '../../../lib/api/index.ts';
import { ModelError } from '../../../lib/models/index.ts';
import { mapParams } from './map-params.ts';

/** What seals the values of secure params, all with one new key. */
export interface Sealing {
  /** The names of the params whose values are secret. */
  names: ReadonlySet<string>;
  seal(value: unknown): Promise<object>;
  /**
   * Writes the key to a file, when something was sealed, and tells whether it was. Throws ModelError 400 when there is no
   * file for it.
   */
  saveKey(file: string | undefined): Promise<boolean>;
}

export async function sealing(endpoint: Client): Promise<Sealing> {
  const { seal, sealingKeys, filter } = await import('../../../lib/api/index.ts');
  const params = await endpoint.objects('params').list({ where: { Secure: filter.eq(true) } });
  const { publicKey, secretKey } = await sealingKeys();
  let used = false;
  return {
    names: new Set(params.map(({ Name }) => Name)),
    seal: (value) => {
      used = true;
      return seal(publicKey, value);
    },
    async saveKey(file) {
      if (!used) return false;
      if (file === undefined) {
        const advice = 'Use --key=path/to/keyfile.json';
        throw new ModelError(400, `Content has secure parameters, but cannot save key!  ${advice}`);
      }
      const { writeFile } = await import('node:fs/promises');
      const text = JSON.stringify(Buffer.from(secretKey).toString('base64'));
      await writeFile(file, text, { mode: 0o600 }).catch((error: unknown) => {
        throw new ModelError(400, `Error saving key: ${error instanceof Error ? error.message : error}`);
      });
      return true;
    },
  };
}

/**
 * The content with the values of secure params sealed, and the key to them written to `keyFile`: an endpoint hands out
 * content with its secrets open.
 */
export async function sealSecrets(
  endpoint: Client,
  content: Content,
  keyFile: string | undefined,
): Promise<Content> {
  const { isSecureData } = await import('../../../lib/api/index.ts');
  const { names, seal, saveKey } = await sealing(endpoint);
  const sealed = await mapParams(content, async (name, value) => {
    return names.has(name) && !isSecureData(value) ? seal(value) : value;
  });
  await saveKey(keyFile);
  return sealed;
}
