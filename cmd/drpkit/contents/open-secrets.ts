import { ModelError } from '../../../lib/models/index.ts';
import { mapParams, type WithSections } from './map-params.ts';

/**
 * Decrypts the secure params of a content pack, as endpoints expect it. `keyFile` is written by `sealSecrets`: the
 * secret key in base64, as JSON. Throws ModelError 400 for an unreadable file or a wrong key.
 */
export async function openSecrets<T extends WithSections>(content: T, keyFile: string): Promise<T> {
  const { isSecureData, unseal } = await import('../../../lib/api/index.ts');
  const secretKey = await readKey(keyFile);
  return mapParams(content, async (_name, value) => {
    return isSecureData(value) ? unseal(secretKey, value) : value;
  });
}

async function readKey(file: string): Promise<Uint8Array> {
  const { readFile } = await import('node:fs/promises');
  const text = await readFile(file, 'utf8').catch((error: unknown) => {
    throw new ModelError(400, `key: ${error instanceof Error ? error.message : error}`);
  });
  // The errors must not quote the file.
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === 'string') return new Uint8Array(Buffer.from(value, 'base64'));
  } catch {
    // Not JSON: reported below like a wrong key.
  }
  throw new ModelError(400, `key: ${file} holds no key in base64 as JSON`);
}
