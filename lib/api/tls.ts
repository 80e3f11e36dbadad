import type { PeerCertificate } from 'node:tls';
import { ModelError } from '../models/index.ts';
import type { Settings } from './settings.ts';

/** The part of `tls.ConnectionOptions` that decides which certificates are trusted. */
export interface Trust {
  rejectUnauthorized: boolean;
  ca?: string;
  checkServerIdentity?: (host: string, certificate: PeerCertificate) => Error | undefined;
}

/**
 * Which certificates are trusted. With `ca`: only those in the file; if the endpoint's own certificate is in it, host
 * names are not compared, since endpoints do not know all their addresses when they make theirs. Without `ca`: the
 * system's, except that nothing is verified on loopback, where the endpoint has a self-signed certificate. Throws
 * ModelError 400 when the file cannot be read.
 */
export async function trust(settings: Settings): Promise<Trust> {
  const { ca: file, insecure = false, endpoint } = settings;
  if (insecure) return { rejectUnauthorized: false };
  if (file === undefined) return { rejectUnauthorized: !isLoopback(endpoint.hostname) };
  const [{ readFile }, { X509Certificate }, { checkServerIdentity }] = await Promise.all([
    import('node:fs/promises'),
    import('node:crypto'),
    import('node:tls'),
  ]);
  try {
    const ca = await readFile(file, 'utf8');
    const pem = ca.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g) ?? [];
    if (pem.length === 0) throw new Error('no certificate in it');
    const pinned = new Set(pem.map((text) => new X509Certificate(text).fingerprint256));
    return {
      rejectUnauthorized: true,
      ca,
      checkServerIdentity: (host, certificate) =>
        pinned.has(certificate.fingerprint256) ? undefined : checkServerIdentity(host, certificate),
    };
  } catch (error) {
    const problem = `Cannot use ca file ${file}: ${error instanceof Error ? error.message : error}`;
    throw new ModelError(400, problem, { type: 'CLIENT_ERROR', model: 'client', key: 'ca', cause: error });
  }
}

/** Whether `hostname` (as in a URL) is always this machine: 127.0.0.0/8, ::1, localhost. */
export function isLoopback(hostname: string): boolean {
  return /^127(\.\d{1,3}){3}$/.test(hostname) || hostname === '[::1]' || hostname === 'localhost';
}
