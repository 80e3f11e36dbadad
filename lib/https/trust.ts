import type { AgentOptions } from 'node:https';
import { refusal } from '../models/index.ts';

/** TLS settings. */
export interface Trust {
  /** PEM text (`ipmi/ca`). Undefined: certificates are not verified. */
  ca: string | undefined;
  /** Whether TLS versions before 1.2 and weak ciphers are allowed (`ipmi/tls-old`). */
  oldTls: boolean;
}

/** All ciphers of OpenSSL 3. Level 0 has no minimum lengths of keys, DHE groups and hashes. */
const OLD_CIPHERS = 'ALL:!aNULL:!eNULL:@SECLEVEL=0';

/** The options of a TLS connection. Throws ModelError 400 when `ca` is not PEM text. */
export async function tlsOptions({ ca, oldTls }: Trust): Promise<AgentOptions> {
  if (!oldTls) return verification(ca);
  const { constants } = await import('node:crypto');
  return {
    ...(await verification(ca)),
    minVersion: 'TLSv1',
    ciphers: OLD_CIPHERS,
    secureOptions: constants.SSL_OP_LEGACY_SERVER_CONNECT,
  };
}

/**
 * Certificate verification. Without `ca` no certificate is verified, since BMCs come with self-signed certificates. With it, only
 * certificates that it covers are trusted; host names are not compared for a BMC whose own certificate is in it, since
 * few BMCs know their name. Throws ModelError 400 when it is not PEM text.
 */
async function verification(
  ca: string | undefined,
): Promise<Pick<AgentOptions, 'rejectUnauthorized' | 'ca' | 'checkServerIdentity'>> {
  if (ca === undefined) return { rejectUnauthorized: false };
  const [{ X509Certificate }, { checkServerIdentity }] = await Promise.all([
    import('node:crypto'),
    import('node:tls'),
  ]);
  const texts = ca.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g) ?? [];
  if (texts.length === 0) throw refusal(400, 'ipmi/ca: holds no certificate in PEM form');
  let pinned: Set<string>;
  try {
    pinned = new Set(texts.map((text) => new X509Certificate(text).fingerprint256));
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw refusal(400, `ipmi/ca: holds a certificate that cannot be read: ${why}`, error);
  }
  return {
    rejectUnauthorized: true,
    ca: texts,
    checkServerIdentity: (host, certificate) =>
      pinned.has(certificate.fingerprint256) ? undefined : checkServerIdentity(host, certificate),
  };
}
