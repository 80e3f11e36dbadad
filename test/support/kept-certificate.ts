import { randomUUID } from 'node:crypto';
import { mkdir, readFile, rename, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

/** PEM texts. */
export interface Certificate {
  key: string;
  cert: string;
}

const FOLDER = join(import.meta.dirname, '../../.build/test-certificates');
/** Far less than any of them is good for. */
const KEPT_FOR_MS = 7 * 24 * 3_600_000;

/**
 * The certificate `name`, which is made only when none was made in the last days: to load and run what makes one takes 0.2 s of
 * CPU, as long as the rest of many a test. Another one needs another name.
 */
export async function keptCertificate(
  name: string,
  make: (generate: typeof import('selfsigned').generate) => Promise<{ private: string; cert: string }>,
): Promise<Certificate> {
  const file = join(FOLDER, `${name}.json`);
  const made = await stat(file).catch(() => undefined);
  if (made !== undefined && Date.now() - made.mtimeMs < KEPT_FOR_MS) {
    return JSON.parse(await readFile(file, 'utf8')) as Certificate;
  }
  const { generate } = await import('selfsigned');
  const { private: key, cert } = await make(generate);
  await mkdir(FOLDER, { recursive: true });
  // Several processes may do so at once.
  const fresh = join(FOLDER, `${randomUUID()}.new`);
  await writeFile(fresh, JSON.stringify({ key, cert }), { mode: 0o600 });
  await rename(fresh, file);
  return { key, cert };
}
