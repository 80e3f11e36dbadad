import { mkdtemp, writeFile } from 'node:fs/promises';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { keptCertificate } from './kept-certificate.ts';

/** Makes a folder for an endpoint, with a certificate as it would make one itself. */
export async function endpointRoot(prefix = 'endpoint-'): Promise<string> {
  const root = await mkdtemp(join(tmpdir(), prefix));
  await giveCertificate(root);
  return root;
}

/** Puts the endpoint's certificate into its folder. */
export async function giveCertificate(root: string): Promise<void> {
  const { key, cert } = await keptCertificate('endpoint', (generate) =>
    generate([{ name: 'commonName', value: hostname() }], {
      keyType: 'ec',
      curve: 'P-256',
      algorithm: 'sha256',
      extensions: [
        { name: 'basicConstraints', cA: false, critical: true },
        {
          name: 'subjectAltName',
          altNames: [
            { type: 2, value: 'localhost' },
            { type: 7, ip: '127.0.0.1' },
            { type: 7, ip: '::1' },
          ],
        },
      ],
    }),
  );
  await writeFile(join(root, 'server.key'), key, { mode: 0o600 });
  await writeFile(join(root, 'server.crt'), cert);
}
