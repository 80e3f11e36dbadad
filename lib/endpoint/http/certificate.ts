import { createPrivateKey, X509Certificate } from 'node:crypto';
import { chmod, mkdir, readFile, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { ModelError } from '../../models/index.ts';

export interface Certificate {
  key: string;
  cert: string;
}

/**
 * The endpoint's certificate, from server.key and server.crt in `root`, which are created at the first start. Throws
 * ModelError 400 when the files contain no certificate or key.
 */
export async function loadCertificate(root: string): Promise<Certificate> {
  const [keyFile, certFile] = [join(root, 'server.key'), join(root, 'server.crt')];
  try {
    const [key, cert] = [await readFile(keyFile, 'utf8'), await readFile(certFile, 'utf8')];
    assertPair(key, cert, root);
    return { key, cert };
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
  }
  // Loading it takes half of the time that loading an endpoint takes.
  const { generate } = await import('selfsigned');
  const notAfterDate = new Date();
  notAfterDate.setFullYear(notAfterDate.getFullYear() + 10);
  const made = await generate([{ name: 'commonName', value: hostname() }], {
    keyType: 'ec',
    curve: 'P-256',
    algorithm: 'sha256',
    notAfterDate,
    extensions: [
      { name: 'basicConstraints', cA: false, critical: true },
      { name: 'extKeyUsage', serverAuth: true },
      {
        name: 'subjectAltName',
        altNames: [
          { type: 2, value: 'localhost' },
          { type: 2, value: hostname() },
          { type: 7, ip: '127.0.0.1' },
          { type: 7, ip: '::1' },
        ],
      },
    ],
  });
  await mkdir(root, { recursive: true, mode: 0o700 });
  await writeFile(keyFile, made.private, { mode: 0o600 });
  await chmod(keyFile, 0o600);
  await writeFile(certFile, made.cert);
  return { key: made.private, cert: made.cert };
}

function assertPair(key: string, cert: string, root: string): void {
  let problem: string;
  try {
    const privateKey = createPrivateKey(key);
    try {
      if (new X509Certificate(cert).checkPrivateKey(privateKey)) return;
      problem = 'server.key is not the key of server.crt';
    } catch {
      problem = `server.crt ${cert.trim() === '' ? 'is empty' : 'is not a certificate (PEM)'}`;
    }
  } catch {
    problem = `server.key ${key.trim() === '' ? 'is empty' : 'is not a private key (PEM)'}`;
  }
  throw new ModelError(
    400,
    `${root}: ${problem}. Put the right files there, or delete both: new ones are made then`,
  );
}
