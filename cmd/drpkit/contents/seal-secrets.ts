import type { Client, Content } from '../../../lib/api/index.ts';
import { ModelError } from '../../../lib/models/index.ts';
import { mapParams } from './map-params.ts';

/** Encrypts values of secure params with a new key. */
export interface Sealing {
  /** Names of the secure params. */
  names: ReadonlySet<string>;
  seal(value: unknown): Promise<object>;
  /**
   * Writes the key to a file if something was encrypted, and returns whether it was. Throws ModelError 400 when no file
   * is given.
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
 * Encrypts the values of secure params, and writes the key to `keyFile`: an endpoint returns content with its secrets
 * decrypted.
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
