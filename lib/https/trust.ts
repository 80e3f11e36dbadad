import type { AgentOptions } from 'node:https';
import { refusal } from '../models/index.ts';

/** How connections are protected. */
export interface Trust {
  /** PEM text (`ipmi/ca`); undefined: the certificate is not verified. */
  ca: string | undefined;
  /** Whether versions of TLS before 1.2 and weak ciphers will do (`ipmi/tls-old`). */
  oldTls: boolean;
}

/** What OpenSSL 3 knows at all; level 0 has no least length of keys, DHE groups and hashes. */
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
 * Whom to trust. Without `ca` nobody is checked, since BMCs come with certificates of their own making. With it, only
 * what it vouches for; a BMC whose own certificate is in it may have any name, since few know theirs.
 * Throws ModelError 400 when it is not PEM text.
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
